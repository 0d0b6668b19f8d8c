// SPDX-License-Identifier: GPL-2.0-only
// BPF programs that are linked into this program as object files, loaded through libbpf. Nothing is
// pinned: what was loaded lives as long as this process holds its descriptors.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct bpf_link;
struct bpf_map;
struct bpf_object;
struct bpf_program;

namespace sockoracle {

// The compiled programs; bpf_images.cpp.
std::span<const unsigned char> sockets_image();
std::span<const unsigned char> cgroup_image();
std::span<const unsigned char> steps_image();
std::span<const unsigned char> tasks_image();

struct BpfLinkDeleter {
  void operator()(bpf_link* link) const;
};
using BpfLink = std::unique_ptr<bpf_link, BpfLinkDeleter>;

class BpfObject {
 public:
  // Loads all programs, or those alone that `wanted` names. Throws UnavailableError with the
  // reason.
  BpfObject(std::span<const unsigned char> image, const char* name,
            std::span<const char* const> wanted = {});
  ~BpfObject();
  BpfObject(const BpfObject&) = delete;
  BpfObject& operator=(const BpfObject&) = delete;

  bpf_program* program(const char* name) const;
  bpf_map* map(const char* suffix) const;  // the map whose name ends so
  // Replaces the one value of a map of globals (".bss").
  void set_globals(const void* value, size_t size) const;
  void get_globals(void* value, size_t size) const;

 private:
  bpf_object* object_ = nullptr;
};

// "EPERM (Operation not permitted)", for messages.
std::string errno_words(int error);

}  // namespace sockoracle
