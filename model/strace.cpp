// SPDX-License-Identifier: GPL-2.0-only
#include "model/strace.h"

#include "model/symbols.h"
#include "model/text_out.h"

namespace sockoracle {
namespace {

struct EntryWord {
  std::string_view word;
  Entry entry;
};
constexpr EntryWord kEntryWords[] = {
    {"socket", Entry::socket},
    {"socketpair", Entry::socketpair},
    {"io_uring_socket", Entry::io_uring},
    {"socketcall", Entry::socketcall},
};

constexpr Symbol kFlags[] = {{"SOCK_CLOEXEC", kSOCK_CLOEXEC}, {"SOCK_NONBLOCK", kSOCK_NONBLOCK}};

// Third arguments of other families, so that a log's lines can be read; printed as numbers.
// Sources: include/uapi/linux/netlink.h, include/uapi/linux/if_ether.h, v7.3.
constexpr Symbol kNetlink[] = {
    {"NETLINK_ROUTE", 0},       {"NETLINK_USERSOCK", 2},
    {"NETLINK_FIREWALL", 3},    {"NETLINK_SOCK_DIAG", 4},
    {"NETLINK_INET_DIAG", 4},   {"NETLINK_NFLOG", 5},
    {"NETLINK_XFRM", 6},        {"NETLINK_SELINUX", 7},
    {"NETLINK_ISCSI", 8},       {"NETLINK_AUDIT", 9},
    {"NETLINK_FIB_LOOKUP", 10}, {"NETLINK_CONNECTOR", 11},
    {"NETLINK_NETFILTER", 12},  {"NETLINK_IP6_FW", 13},
    {"NETLINK_DNRTMSG", 14},    {"NETLINK_KOBJECT_UEVENT", 15},
    {"NETLINK_GENERIC", 16},    {"NETLINK_SCSITRANSPORT", 18},
    {"NETLINK_ECRYPTFS", 19},   {"NETLINK_RDMA", 20},
    {"NETLINK_CRYPTO", 21},     {"NETLINK_SMC", 22},
};
constexpr Symbol kEthertypes[] = {
    {"ETH_P_ALL", 0x0003},  {"ETH_P_IP", 0x0800},   {"ETH_P_ARP", 0x0806},
    {"ETH_P_IPV6", 0x86dd}, {"ETH_P_LOOP", 0x0060},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

constexpr std::string_view kAcceptedFamily = "a family: AF_INET, PF_INET or a 32-bit number";
constexpr std::string_view kAcceptedType =
    "a type: SOCK_STREAM, SOCK_RAW|SOCK_CLOEXEC or a 32-bit number";
constexpr std::string_view kAcceptedProtocol = "a protocol: IPPROTO_ICMP or a 32-bit number";

class Reader {
 public:
  Reader(std::string_view text, CallError* error) : text_(text), error_(error) {}

  bool call(Call* out) {
    bool listed = false;
    return entry(out, &listed) && sum(&Reader::family_name_at, kAcceptedFamily, &out->family) &&
           expect(',', "a comma and the type") &&
           sum(&Reader::type_name_at, kAcceptedType, &out->type) &&
           expect(',', "a comma and the protocol") && protocol(&out->protocol) &&
           rest(out->entry, listed);
  }

  size_t position() const { return at_; }
  bool at_end() {
    blanks();
    return at_ == text_.size();
  }
  bool fail(std::string_view accepted) { return fail_at(at_, accepted); }

 private:
  using NameReader = const Symbol* (Reader::*)(std::string_view word) const;

  bool fail_at(size_t position, std::string_view accepted) {
    *error_ = {position, accepted};
    return false;
  }

  // Blanks and comments; an open comment is left standing and becomes the error.
  void blanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == ' ' || text_[at_] == '\t') {
        ++at_;
      } else if (text_.substr(at_, 2) == "/*") {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return;
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool expect(char c, std::string_view accepted) {
    blanks();
    if (peek() != c) return fail(accepted);
    ++at_;
    return true;
  }

  std::string_view word() {
    const size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  bool entry(Call* out, bool* listed) {
    constexpr std::string_view kAccepted = "socket(, socketpair(, io_uring_socket( or socketcall(";
    blanks();
    const size_t start = at_;
    const std::string_view name = word();
    const EntryWord* found = nullptr;
    for (const EntryWord& row : kEntryWords)
      if (row.word == name) found = &row;
    if (found == nullptr) return fail_at(start, kAccepted);
    out->entry = found->entry;
    if (!expect('(', kAccepted)) return false;
    if (out->entry != Entry::socketcall) return true;
    blanks();
    const size_t before = at_;
    if (word() != "SYS_SOCKET") {
      at_ = before;
      return true;
    }
    *listed = true;
    return expect(',', ", [family, type, protocol]") && expect('[', "[family, type, protocol]");
  }

  bool rest(Entry entry, bool listed) {
    if (listed && !expect(']', "] after the protocol")) return false;
    blanks();
    if (entry == Entry::socketpair && peek() == ',') {
      at_ = text_.find(')', at_);
      if (at_ == std::string_view::npos) at_ = text_.size();
    }
    return expect(')', ") after the last argument");
  }

  // Names and numbers joined by |, as strace prints words made of flags.
  bool sum(NameReader names, std::string_view accepted, int32_t* out) {
    uint32_t bits = 0;
    do {
      int32_t part = 0;
      if (!item(names, accepted, &part)) return false;
      bits |= static_cast<uint32_t>(part);
      blanks();
    } while (peek() == '|' && ++at_ != 0);
    *out = static_cast<int32_t>(bits);
    return true;
  }

  bool item(NameReader names, std::string_view accepted, int32_t* out) {
    blanks();
    if (is_digit(peek()) || peek() == '-' || peek() == '+') return number(accepted, out);
    const size_t start = at_;
    const Symbol* symbol = (this->*names)(word());
    if (symbol == nullptr) return fail_at(start, accepted);
    *out = symbol->number;
    return true;
  }

  bool number(std::string_view accepted, int32_t* out) {
    const size_t start = at_;
    const bool negative = peek() == '-';
    if (negative || peek() == '+') ++at_;
    int base = 10;
    if (text_.substr(at_, 2) == "0x" || text_.substr(at_, 2) == "0X") {
      base = 16;
      at_ += 2;
    } else if (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      base = 8;
    }
    const int64_t limit = negative ? int64_t{1} << 31 : (int64_t{1} << 32) - 1;
    int64_t value = 0;
    const size_t digits = at_;
    while (at_ < text_.size() && digit_value(text_[at_]) < base) {
      value = value * base + digit_value(text_[at_++]);
      if (value > limit) return fail_at(start, accepted);
    }
    if (at_ == digits || is_word(peek())) return fail_at(start, accepted);
    *out = static_cast<int32_t>(static_cast<uint32_t>(negative ? -value : value));
    return true;
  }

  bool protocol(int32_t* out) {
    blanks();
    const size_t start = at_;
    if (word() != "htons") {
      at_ = start;
      return sum(&Reader::protocol_name_at, kAcceptedProtocol, out);
    }
    int32_t host = 0;
    if (!expect('(', "( after htons") ||
        !sum(&Reader::ethertype_name_at, "ETH_P_ALL or a 16-bit number", &host))
      return false;
    if (host < 0 || host > 0xffff) return fail_at(start, "htons() of a 16-bit number");
    *out = (host & 0xff) << 8 | host >> 8;
    return expect(')', ") after htons' argument");
  }

  // Takes PF_X and, for 1 as an example, both AF_UNIX and AF_LOCAL.
  const Symbol* family_name_at(std::string_view name) const {
    if (name.size() < 3 || name.substr(1, 2) != "F_" || (name[0] != 'A' && name[0] != 'P'))
      return nullptr;
    for (const Symbol& row : family_symbols())
      if (row.name.substr(3) == name.substr(3)) return &row;
    return nullptr;
  }

  const Symbol* type_name_at(std::string_view name) const {
    const Symbol* flag = find_symbol(kFlags, name);
    return flag != nullptr ? flag : find_symbol(type_symbols(), name);
  }

  const Symbol* protocol_name_at(std::string_view name) const {
    const Symbol* netlink = find_symbol(kNetlink, name);
    return netlink != nullptr ? netlink : find_symbol(protocol_symbols(), name);
  }

  const Symbol* ethertype_name_at(std::string_view name) const {
    return find_symbol(kEthertypes, name);
  }

  std::string_view text_;
  CallError* error_;
  size_t at_ = 0;
};

void put_name_or_number(TextOut& out, std::string_view name, int32_t number) {
  if (name.empty()) {
    out.put_number(number);
  } else {
    out.put(name);
  }
}

void put_type(TextOut& out, int32_t type) {
  if (type < 0) return out.put_number(type);
  const int32_t base = type & kSOCK_TYPE_MASK;
  put_name_or_number(out, type_name(base), base);
  int32_t bits = type & ~kSOCK_TYPE_MASK;
  for (const Symbol& flag : kFlags) {
    if ((bits & flag.number) == 0) continue;
    out.put('|');
    out.put(flag.name);
    bits &= ~flag.number;
  }
  if (bits == 0) return;
  out.put('|');
  out.put_hex(static_cast<uint32_t>(bits));
}

void put_protocol(TextOut& out, int32_t family, int32_t protocol) {
  const bool named = protocol != 0 && (family == kAF_INET || family == kAF_INET6);
  put_name_or_number(out, named ? protocol_name(protocol) : std::string_view{}, protocol);
}

}  // namespace

bool parse_call(std::string_view text, Call* out, CallError* error, size_t* consumed) {
  Call call;
  Reader reader(text, error);
  if (!reader.call(&call)) return false;
  if (consumed != nullptr) {
    *consumed = reader.position();
  } else if (!reader.at_end()) {
    return reader.fail("nothing after the call");
  }
  *out = call;
  return true;
}

size_t print_call(const Call& call, std::span<char> room) {
  TextOut out(room);
  for (const EntryWord& row : kEntryWords)
    if (row.entry == call.entry) out.put(row.word);
  out.put('(');
  put_name_or_number(out, family_name(call.family), call.family);
  out.put(", ");
  put_type(out, call.type);
  out.put(", ");
  put_protocol(out, call.family, call.protocol);
  out.put(')');
  return out.length();
}

size_t print_family(int32_t family, std::span<char> room) {
  TextOut out(room);
  put_name_or_number(out, family_name(family), family);
  return out.length();
}

size_t print_type(int32_t type, std::span<char> room) {
  TextOut out(room);
  put_type(out, type);
  return out.length();
}

size_t print_protocol(int32_t family, int32_t protocol, std::span<char> room) {
  TextOut out(room);
  put_protocol(out, family, protocol);
  return out.length();
}

}  // namespace sockoracle
