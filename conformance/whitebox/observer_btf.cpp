// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/observer_btf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/field_paths.h"
#include "model/observables.h"

namespace sockoracle {
namespace {

constexpr struct {
  std::string_view functions, name;
} kTables[] = {
#define TABLE(functions, name) {functions, name},
#include "conformance/whitebox/function_tables.def"
};

std::string table_name(std::string text) {
  for (const auto& row : kTables) {
    if (row.functions == text) return std::string(row.name);
  }
  return text;
}

// Little-endian bits, as on every machine that this runs on with BTF of its own kernel.
uint64_t take_bits(std::span<const unsigned char> bytes, const Member& member) {
  uint64_t value = 0;
  const size_t first = member.bit / 8;
  const uint32_t shift = member.bit % 8;
  for (size_t i = 0; i < 9 && first + i < bytes.size(); ++i) {
    const uint64_t byte = bytes[first + i];
    if (i == 0) {
      value = byte >> shift;
    } else if (8 * i - shift < 64) {
      value |= byte << (8 * i - shift);
    }
  }
  return member.bits >= 64 ? value : value & ((uint64_t{1} << member.bits) - 1);
}

int64_t extend_sign(uint64_t value, uint32_t bits) {
  if (bits >= 64 || (value >> (bits - 1)) == 0) return static_cast<int64_t>(value);
  return static_cast<int64_t>(value | ~((uint64_t{1} << bits) - 1));
}

constexpr const char* kWanted[] = {"sockets"};

}  // namespace

BtfObserver::BtfObserver() : programs_(sockets_image(), "sockoracle", kWanted) {
  settings_.socket_size = layout_.size_of("socket");
  if (const auto pinet6 = layout_.find("inet_sock", "pinet6")) pinet6_ = *pinet6;
  hz_ = kernel_hz();
  const auto rows = observables();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].reading == Reading::field) plan_row(i);
  }
}

// ---- where a field lies -------------------------------------------------------------------------

void BtfObserver::plan_row(size_t row) {
  const Observable& observable = observables()[row];
  FieldReading reading{.row = row, .alternatives = {}};
  bool needs_hz = false;
  for (const std::string& path : field_paths(observable, layout_)) {
    std::vector<Place> places;
    if (!plan_alternative(path, &places)) continue;
    for (const Place& place : places) needs_hz = needs_hz || place.shown == Shown::jiffies;
    reading.alternatives.push_back(std::move(places));
  }
  if (needs_hz && hz_ == 0) {
    unreadable_[std::string(observable.name)] = "CONFIG_HZ of this kernel is not known";
  } else if (reading.alternatives.empty()) {
    unreadable_[std::string(observable.name)] = "this kernel's BTF has no such member";
  } else {
    fields_.push_back(std::move(reading));
  }
}

bool BtfObserver::plan_alternative(std::string_view text, std::vector<Place>* places) {
  Shown shown = Shown::plain;
  if (const size_t as = text.find(" as "); as != std::string_view::npos) {
    constexpr std::pair<std::string_view, Shown> kWords[] = {{"signed", Shown::signed_},
                                                             {"jiffies", Shown::jiffies},
                                                             {"back", Shown::back},
                                                             {"netns", Shown::netns}};
    const std::string_view word = text.substr(as + 4);
    for (const auto& [name, value] : kWords) {
      if (name == word) shown = value;
    }
    if (shown == Shown::plain) return false;
    text = text.substr(0, as);
  }
  while (!text.empty()) {
    const size_t plus = text.find('+');
    Place place;
    if (!plan_place(text.substr(0, plus), shown, &place)) return false;
    places->push_back(place);
    text = plus == std::string_view::npos ? std::string_view() : text.substr(plus + 1);
  }
  return !places->empty();
}

bool BtfObserver::plan_place(std::string_view path, Shown shown, Place* place) {
  const size_t dot = path.find('.');
  const std::string_view structure = path.substr(0, dot);
  const uint32_t size = layout_.size_of(structure);
  if (size == 0 || dot == std::string_view::npos) return false;
  std::string_view member = path.substr(dot + 1);
  const size_t arrow = member.find("->");
  std::string_view behind;
  if (arrow != std::string_view::npos) {
    behind = member.substr(arrow + 2);
    member = member.substr(0, arrow);
  }
  const auto found = layout_.find(structure, member);
  if (!found) return false;
  place->shown = shown;
  place->member = *found;
  place->base = structure == "socket"       ? Place::Base::socket
                : structure == "ipv6_pinfo" ? Place::Base::ipv6
                                            : Place::Base::sock;
  place->fits = place->base == Place::Base::sock ? size : 0;
  if (behind.empty()) return true;
  const auto target = layout_.find(found->type, behind);
  if (!target || found->kind != MemberKind::pointer) return false;
  place->follow = follow_slot(*place, target->bit / 8);
  place->member = *target;
  place->member.bit = 0;
  return place->follow >= 0 && target->bits <= follow_bytes * 8 && target->bit % 8 == 0;
}

int BtfObserver::follow_slot(const Place& pointer, uint32_t to) {
  const follow wanted{pointer.base == Place::Base::socket ? 1u : 0u, pointer.member.bit / 8, to};
  for (unsigned i = 0; i < settings_.follow_count; ++i) {
    const follow& one = settings_.follows[i];
    if (one.in_socket == wanted.in_socket && one.from == wanted.from && one.to == wanted.to) {
      return static_cast<int>(i);
    }
  }
  if (settings_.follow_count == follow_max) return -1;
  settings_.follows[settings_.follow_count] = wanted;
  return static_cast<int>(settings_.follow_count++);
}

// ---- copying ------------------------------------------------------------------------------------

namespace {

void take_records(std::span<const unsigned char> bytes, std::vector<SocketCopy>& copies) {
  while (bytes.size() >= sizeof(socket_record)) {
    SocketCopy& copy = copies.emplace_back();
    std::memcpy(&copy.head, bytes.data(), sizeof copy.head);
    const size_t size = size_t{copy.head.socket_bytes} + copy.head.sock_bytes;
    if (copy.head.magic != record_magic || size > bytes.size() - sizeof copy.head) {
      throw UnavailableError("the BPF iterator answered what is no record");
    }
    copy.bytes.assign(bytes.begin() + sizeof copy.head,
                      bytes.begin() + static_cast<ptrdiff_t>(sizeof copy.head + size));
    bytes = bytes.subspan(sizeof copy.head + size);
  }
  if (!bytes.empty()) throw UnavailableError("the BPF iterator answered half a record");
}

}  // namespace

std::vector<SocketCopy> BtfObserver::read(pid_t process) {
  settings_.tgid = process;
  programs_.set_globals(&settings_, sizeof settings_);
  bpf_iter_link_info info{};
  info.task.pid = static_cast<uint32_t>(process);  // this task's alone, not everybody's
  bpf_iter_attach_opts options{};
  options.sz = sizeof options;
  options.link_info = &info;
  options.link_info_len = sizeof info;
  BpfLink link(bpf_program__attach_iter(programs_.program("sockets"), &options));
  if (!link) link.reset(bpf_program__attach_iter(programs_.program("sockets"), nullptr));  // 5.19-
  if (!link) throw UnavailableError("no BPF iterator over descriptors: " + errno_words(errno));
  const int fd = bpf_iter_create(bpf_link__fd(link.get()));
  if (fd < 0) throw UnavailableError("no BPF iterator over descriptors: " + errno_words(errno));
  // Each read returns whole records: at most what the kernel's own buffer holds, 32 KiB.
  std::vector<unsigned char> buffer(size_t{1} << 18);
  std::vector<SocketCopy> copies;
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
    take_records(std::span(buffer).first(static_cast<size_t>(got)), copies);
  }
  const int error = errno;
  close(fd);
  if (got < 0) throw UnavailableError("the BPF iterator cannot be read: " + errno_words(error));
  return copies;
}

// ---- taking apart -------------------------------------------------------------------------------

std::string BtfObserver::place_text(const Place& place, const SocketCopy& copy,
                                    std::string_view expected) const {
  const std::span<const unsigned char> all = copy.bytes;
  const auto sock_bytes = all.subspan(copy.head.socket_bytes);
  std::span<const unsigned char> bytes = sock_bytes;
  if (place.follow >= 0) {
    bytes = copy.head.followed[place.follow];
  } else if (place.base == Place::Base::socket) {
    bytes = all.first(copy.head.socket_bytes);
  } else if (place.base == Place::Base::ipv6) {
    const uint64_t at = take_bits(sock_bytes, pinet6_) - copy.head.sock_address;
    if (at >= sock_bytes.size()) return {};  // not inside the sock: not an IPv6 one
    bytes = sock_bytes.subspan(at);
  }
  const uint64_t raw = take_bits(bytes, place.member);
  switch (place.shown) {
    case Shown::back: return raw == copy.head.socket_address ? "1" : "0";
    case Shown::netns: return raw == copy.head.net_address ? "1" : "0";
    case Shown::signed_: return std::to_string(extend_sign(raw, place.member.bits));
    case Shown::jiffies: return std::to_string(static_cast<int64_t>(raw) * 1000 / hz_);
    case Shown::plain: break;
  }
  switch (place.member.kind) {
    case MemberKind::pointer: return raw != 0 ? "1" : "0";
    case MemberKind::function: {
      if (raw == 0) return "NULL";
      const std::string_view name = symbols_.at(raw, expected);
      return name.empty() ? "a function without a name" : std::string(name);
    }
    case MemberKind::enumerator: {
      const std::string_view name =
          layout_.enumerator_name(place.member.type, static_cast<int64_t>(raw));
      return name.empty() ? std::to_string(raw) : std::string(name);
    }
    case MemberKind::text: {
      const auto* begin = reinterpret_cast<const char*>(bytes.data()) + place.member.bit / 8;
      return std::string(begin, strnlen(begin, place.member.bits / 8));
    }
    case MemberKind::number:
    case MemberKind::boolean: break;
  }
  return std::to_string(place.member.is_signed ? extend_sign(raw, place.member.bits)
                                               : static_cast<int64_t>(raw));
}

std::string BtfObserver::text(const FieldReading& field, const SocketCopy& copy,
                              std::string_view expected) const {
  for (const std::vector<Place>& places : field.alternatives) {
    if (places.front().fits > copy.head.sock_bytes) continue;
    std::string text;
    for (const Place& place : places) {
      if (!text.empty()) text += '+';
      text += place_text(place, copy, expected);
    }
    if (!text.empty()) return table_name(std::move(text));
  }
  return {};
}

}  // namespace sockoracle
