// SPDX-License-Identifier: GPL-2.0-only
// The root file system that a kernel unpacks at its start: a cpio archive in the "newc" format
// (Documentation/driver-api/early-userspace/buffer-format.rst).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sockoracle {

class Initramfs {
 public:
  void add_folder(std::string_view path) { add(path, 040755, {}, 0, 0); }
  void add_file(std::string_view path, std::string_view bytes, bool executable = false) {
    add(path, executable ? 0100755 : 0100644, bytes, 0, 0);
  }
  void add_character_device(std::string_view path, uint32_t major, uint32_t minor) {
    add(path, 020600, {}, major, minor);
  }
  // The archive; nothing can be added afterwards.
  std::string finish();

 private:
  void add(std::string_view path, uint32_t mode, std::string_view bytes, uint32_t major,
           uint32_t minor);

  std::string archive_;
  uint32_t inode_ = 0;
};

}  // namespace sockoracle
