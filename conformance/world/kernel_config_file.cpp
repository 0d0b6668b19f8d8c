// SPDX-License-Identifier: GPL-2.0-only
// A .config as a file, plain or gzip; what stands in it: kernel_config.cpp.
#include <zlib.h>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"
#include "conformance/world/kernel_config.h"

namespace sockoracle {
namespace {

constexpr size_t kConfigMax = 4u << 20;  // allmodconfig has about 300 KB

}  // namespace

bool gunzip(std::string_view packed, size_t limit, std::string* out) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return false;  // 16: a gzip header, no other
  std::string input(packed);                                 // zlib's input pointer is not const
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  int result = Z_OK;
  char chunk[16384];
  out->clear();
  while (result == Z_OK && out->size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    result = inflate(&stream, Z_NO_FLUSH);
    out->append(chunk, sizeof chunk - stream.avail_out);
  }
  inflateEnd(&stream);
  return result == Z_STREAM_END && out->size() <= limit;
}

KernelConfig read_kernel_config(const std::string& path) {
  return kernel_config_of(load_text(path, kConfigMax), name_of_input(path));
}

KernelConfig kernel_config_of(std::string text, const std::string& path) {
  if (text.substr(0, 2) == "\x1f\x8b") {
    std::string plain;
    if (!gunzip(text, kConfigMax, &plain))
      throw UsageError(path + ": damaged gzip data; a kernel .config, plain or gzip, is accepted");
    text = std::move(plain);
  }
  KernelConfig config = parse_kernel_config(text);
  if (!config.any)
    throw UsageError(path +
                     ": no CONFIG_ line in it; a kernel .config, plain or gzip, is accepted");
  return config;
}

}  // namespace sockoracle
