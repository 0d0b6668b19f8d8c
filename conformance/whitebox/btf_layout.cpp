// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/btf_layout.h"

#include <bpf/btf.h>

#include <cerrno>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/bpf_object.h"

namespace sockoracle {

BtfLayout::BtfLayout() : btf_(btf__load_vmlinux_btf()) {
  if (btf_ == nullptr) {
    const int error = errno;  // ESRCH: libbpf's word for having looked everywhere
    throw UnavailableError(error == ESRCH
                               ? "this kernel shows no BTF (/sys/kernel/btf/vmlinux)"
                               : "/sys/kernel/btf/vmlinux cannot be read: " + errno_words(error));
  }
  // A module's types lie on top of the kernel's. Of those that may be modules only SMC has a struct
  // with fields of the table.
  vmlinux_ = btf_;
  if (btf* module = btf__load_module_btf("smc", vmlinux_); module != nullptr) btf_ = module;
}

BtfLayout::~BtfLayout() {
  if (btf_ != vmlinux_) btf__free(btf_);
  btf__free(vmlinux_);
}

uint32_t BtfLayout::skip_names(uint32_t type) const {
  while (true) {
    const btf_type* t = btf__type_by_id(btf_, type);
    if (t == nullptr) return 0;
    switch (btf_kind(t)) {
      case BTF_KIND_TYPEDEF:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_RESTRICT:
      case BTF_KIND_TYPE_TAG: type = t->type; break;
      default: return type;
    }
  }
}

uint32_t BtfLayout::size_of(std::string_view structure) const {
  const int id = btf__find_by_name_kind(btf_, std::string(structure).c_str(), BTF_KIND_STRUCT);
  if (id <= 0) return 0;
  return btf__type_by_id(btf_, static_cast<uint32_t>(id))->size;
}

bool BtfLayout::find_member(uint32_t type, std::string_view name, uint32_t base_bit,
                            Member* found) const {
  const btf_type* t = btf__type_by_id(btf_, skip_names(type));
  if (t == nullptr || !btf_is_composite(t)) return false;
  const btf_member* members = btf_members(t);
  for (uint32_t i = 0; i < btf_vlen(t); ++i) {
    const uint32_t bit = base_bit + btf_member_bit_offset(t, i);
    const std::string_view is = btf__name_by_offset(btf_, members[i].name_off);
    if (is.empty() && find_member(members[i].type, name, bit, found)) return true;
    if (is != name || is.empty()) continue;
    *found = {.bit = bit, .bits = btf_member_bitfield_size(t, i), .type = members[i].type};
    return true;
  }
  return false;
}

// Fills in what the member's type says. A bit field keeps its width.
bool BtfLayout::describe(uint32_t type, Member* member) const {
  const uint32_t real = skip_names(type);
  const btf_type* t = btf__type_by_id(btf_, real);
  if (t == nullptr) return false;
  const auto set_width = [&](uint32_t bytes) {
    if (member->bits == 0) member->bits = bytes * 8;
  };
  switch (btf_kind(t)) {
    case BTF_KIND_INT:
      member->is_signed = (btf_int_encoding(t) & BTF_INT_SIGNED) != 0;
      set_width(t->size);
      return true;
    case BTF_KIND_ENUM:
      member->kind = MemberKind::enumerator;
      member->type = real;
      set_width(t->size);
      return true;
    case BTF_KIND_PTR: {
      member->type = skip_names(t->type);
      const btf_type* pointee = btf__type_by_id(btf_, member->type);
      const bool function = pointee != nullptr && btf_is_func_proto(pointee);
      member->kind = function ? MemberKind::function : MemberKind::pointer;
      set_width(8);
      return true;
    }
    case BTF_KIND_ARRAY: {
      const struct btf_array* array = btf_array(t);
      const btf_type* element = btf__type_by_id(btf_, skip_names(array->type));
      if (element == nullptr || !btf_is_int(element)) return false;
      if (element->size == 1) {
        member->kind = MemberKind::text;
        set_width(array->nelems);
        return true;
      }
      return describe(array->type, member);  // its first element
    }
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION: {
      if (btf_vlen(t) == 0) return false;
      member->bit += btf_member_bit_offset(t, 0);
      return describe(btf_members(t)[0].type, member);
    }
    default: return false;
  }
}

std::optional<Member> BtfLayout::find(uint32_t type, std::string_view path) const {
  Member member{.type = type};
  const size_t hash = path.find('#');
  const std::string_view enumerator_asked =
      hash == std::string_view::npos ? std::string_view() : path.substr(hash + 1);
  path = path.substr(0, hash);
  uint32_t bit = 0;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    if (!find_member(member.type, path.substr(0, dot), bit, &member)) return std::nullopt;
    bit = member.bit;
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  if (!describe(member.type, &member)) return std::nullopt;
  if (enumerator_asked.empty()) return member;
  const std::optional<uint32_t> number = enumerator(enumerator_asked);
  if (!number || *number >= member.bits) return std::nullopt;
  member.bit += *number;
  member.bits = 1;
  member.kind = MemberKind::boolean;
  return member;
}

std::optional<Member> BtfLayout::find(std::string_view structure, std::string_view path) const {
  const int id = btf__find_by_name_kind(btf_, std::string(structure).c_str(), BTF_KIND_STRUCT);
  if (id <= 0) return std::nullopt;
  return find(static_cast<uint32_t>(id), path);
}

std::optional<uint32_t> BtfLayout::enumerator(std::string_view name) const {
  for (uint32_t id = 1; id < btf__type_cnt(btf_); ++id) {
    const btf_type* t = btf__type_by_id(btf_, id);
    if (!btf_is_enum(t)) continue;
    const struct btf_enum* values = btf_enum(t);
    for (uint32_t i = 0; i < btf_vlen(t); ++i) {
      if (name == btf__name_by_offset(btf_, values[i].name_off)) {
        return static_cast<uint32_t>(values[i].val);
      }
    }
  }
  return std::nullopt;
}

std::string_view BtfLayout::enumerator_name(uint32_t type, int64_t value) const {
  const btf_type* t = btf__type_by_id(btf_, type);
  if (t == nullptr || !btf_is_enum(t)) return {};
  const struct btf_enum* values = btf_enum(t);
  for (uint32_t i = 0; i < btf_vlen(t); ++i) {
    if (values[i].val == value) return btf__name_by_offset(btf_, values[i].name_off);
  }
  return {};
}

}  // namespace sockoracle
