// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/bpf_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "conformance/base/cli_error.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// libbpf says on stderr what went wrong, over many lines; the reason is in errno.
int say_nothing(libbpf_print_level, const char*, va_list) { return 0; }

[[noreturn]] void fail(const char* what, int error) {
  throw UnavailableError(std::string(what) + ": " + errno_words(error));
}

}  // namespace

std::string errno_words(int error) {
  const std::string_view name = errno_name(error);
  const std::string text = std::strerror(error);
  return name.empty() ? text : std::string(name) + " (" + text + ")";
}

void BpfLinkDeleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }

BpfObject::BpfObject(std::span<const unsigned char> image, const char* name,
                     std::span<const char* const> wanted) {
  libbpf_set_print(say_nothing);
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = name;
  object_ = bpf_object__open_mem(image.data(), image.size(), &options);
  if (object_ == nullptr) fail("the BPF programs cannot be read", errno);
  if (!wanted.empty()) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object_) {
      const std::string_view is = bpf_program__name(program);
      const bool load =
          std::any_of(wanted.begin(), wanted.end(), [&](const char* one) { return is == one; });
      bpf_program__set_autoload(program, load);
    }
  }
  if (bpf_object__load(object_) != 0) {
    const int error = errno;
    bpf_object__close(object_);
    object_ = nullptr;
    fail("the kernel does not take the BPF programs", error);
  }
}

BpfObject::~BpfObject() { bpf_object__close(object_); }

bpf_program* BpfObject::program(const char* name) const {
  return bpf_object__find_program_by_name(object_, name);
}

bpf_map* BpfObject::map(const char* suffix) const {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object_) {
    if (std::string_view(bpf_map__name(map)).ends_with(suffix)) return map;
  }
  return nullptr;
}

void BpfObject::set_globals(const void* value, size_t size) const {
  const bpf_map* globals = map(".bss");
  const uint32_t zero = 0;
  if (globals == nullptr || bpf_map__value_size(globals) != size) fail("BPF globals", EINVAL);
  if (bpf_map_update_elem(bpf_map__fd(globals), &zero, value, BPF_ANY) != 0) {
    fail("BPF globals", errno);
  }
}

void BpfObject::get_globals(void* value, size_t size) const {
  const bpf_map* globals = map(".bss");
  const uint32_t zero = 0;
  if (globals == nullptr || bpf_map__value_size(globals) != size) fail("BPF globals", EINVAL);
  if (bpf_map_lookup_elem(bpf_map__fd(globals), &zero, value) != 0) fail("BPF globals", errno);
}

}  // namespace sockoracle
