// SPDX-License-Identifier: GPL-2.0-only
// What a fresh socket looks like from outside: each observable's name, how a probe reads it, since
// which release it exists, and what it reads in the model. The rows are in observables.def.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/verdict.h"

namespace sockoracle {

class Kernel;
struct socket;

// How it is read. The numbers of a sockopt row are its level, its option, the buffer's length.
enum class Reading : uint8_t {
  sockopt,   // getsockopt(level, option, buffer of `length` bytes)
  sockname,  // getsockname: "family,addr,port"
  peername,
  fstat,  // `argument` names the field
  fcntl,  // `argument`: getfl or getfd
  ioctl,  // `option` is the request
  xattr,  // `argument` names the attribute
  proc,   // `argument` is the probe's request: a delta or a row under /proc/net
  field,  // a field of the kernel's own object; read through BTF, or not at all
};
std::string_view reading_name(Reading reading);

// How the bytes are shown; the probe knows the same words.
enum class Format : uint8_t { i32, u32s, u64, hex, len, nonzero, str };
std::string_view format_name(Format format);

using Expect = Value (*)(const Kernel& kernel, const socket& sock);

struct Observable {
  std::string_view name;  // "SO_TYPE", "IP_TTL", "getsockname.port", "inet_num"
  Reading reading;
  int32_t level;
  int32_t option;
  int32_t length;
  Format format;
  std::string_view argument;
  bool deep;               // slow to read: only for one case per kind of socket
  bool symbolic;           // a value equal to the call's protocol is shown as $protocol
  std::string_view since;  // the view itself exists since; before it the read fails as unknown
  std::string_view until;
  Expect expect;            // never null
  std::string_view source;  // kernel file:function that answers
};

std::span<const Observable> observables();
// The index of the row with that name, or -1.
int find_observable(std::string_view name);

}  // namespace sockoracle
