// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/initramfs.h"

#include <array>
#include <utility>

namespace sockoracle {
namespace {

void pad_to_4(std::string& text) { text.append((4 - text.size() % 4) % 4, '\0'); }

void append_hex8(std::string& text, uint32_t number) {
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[(number >> shift) & 15];
}

}  // namespace

void Initramfs::add(std::string_view path, uint32_t mode, std::string_view bytes, uint32_t major,
                    uint32_t minor) {
  const auto size = static_cast<uint32_t>(bytes.size());
  const auto name_size = static_cast<uint32_t>(path.size() + 1);
  const uint32_t links = (mode & 0170000) == 040000 ? 2 : 1;
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor,
  // namesize, check: the same answers need the same archive, so no time.
  const std::array<uint32_t, 13> head = {++inode_, mode, 0,     0,     links,     0, size,
                                         0,        0,    major, minor, name_size, 0};
  archive_ += "070701";
  for (const uint32_t number : head) append_hex8(archive_, number);
  archive_ += path;
  archive_ += '\0';
  pad_to_4(archive_);
  archive_ += bytes;
  pad_to_4(archive_);
}

std::string Initramfs::finish() {
  inode_ = 0;
  add("TRAILER!!!", 0, {}, 0, 0);
  archive_.append((512 - archive_.size() % 512) % 512, '\0');
  return std::move(archive_);
}

}  // namespace sockoracle
