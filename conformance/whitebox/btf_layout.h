// SPDX-License-Identifier: GPL-2.0-only
// Where a member lies in the running kernel's structs, by its name: /sys/kernel/btf/vmlinux.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct btf;

namespace sockoracle {

enum class MemberKind : uint8_t {
  number,   // an integer or a bit field
  boolean,  // one bit, by the name of its number
  enumerator,
  function,  // a pointer to a function
  pointer,   // a pointer to something else
  text,      // an array of char
};

struct Member {
  uint32_t bit = 0;   // offset in its struct
  uint32_t bits = 0;  // width
  bool is_signed = false;
  MemberKind kind = MemberKind::number;
  uint32_t type = 0;  // of an enumerator, or of what a pointer points at
};

class BtfLayout {
 public:
  BtfLayout();  // throws UnavailableError where the kernel has no BTF
  ~BtfLayout();
  BtfLayout(const BtfLayout&) = delete;
  BtfLayout& operator=(const BtfLayout&) = delete;

  // The struct's size in bytes; 0 where the kernel has no such struct.
  uint32_t size_of(std::string_view structure) const;
  bool has_struct(std::string_view structure) const { return size_of(structure) != 0; }
  // "sk_wmem_alloc", "__sk_common.skc_family". Anonymous members are looked into; a struct that
  // wraps one integer (atomic_t, refcount_t, kuid_t) is that integer. A name behind '#' is an
  // enumerator: the bit of that number.
  std::optional<Member> find(std::string_view structure, std::string_view path) const;
  std::optional<Member> find(uint32_t type, std::string_view path) const;
  // The value of an enumerator of any enum.
  std::optional<uint32_t> enumerator(std::string_view name) const;
  // The enumerator of an enum type that has the value; empty: none.
  std::string_view enumerator_name(uint32_t type, int64_t value) const;

 private:
  uint32_t skip_names(uint32_t type) const;  // typedef, const, volatile ...
  bool find_member(uint32_t type, std::string_view name, uint32_t base_bit, Member* found) const;
  bool describe(uint32_t type, Member* member) const;

  btf* btf_ = nullptr;  // what is searched: vmlinux_, or a module's on top of it
  btf* vmlinux_ = nullptr;
};

}  // namespace sockoracle
