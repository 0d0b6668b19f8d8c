// SPDX-License-Identifier: GPL-2.0-only
// Fields of the running kernel's socket, sock and what derives from it: copied by a BPF iterator
// (sockets.bpf.c), taken apart by BTF. Which field lies where follows from its name or stands in
// its row of model/observables.def.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/whitebox/bpf_object.h"
#include "conformance/whitebox/btf_layout.h"
#include "conformance/whitebox/kernel_symbols.h"
#include "conformance/whitebox/socket_record.h"

namespace sockoracle {

// One socket as it was copied.
struct SocketCopy {
  socket_record head{};
  std::vector<unsigned char> bytes;  // struct socket, then the sock
};

// How the bytes of a place are shown.
enum class Shown : uint8_t {
  plain,    // as its type says
  signed_,  // all ones are -1
  jiffies,  // a time; shown in milliseconds
  back,     // 1: the pointer points at this socket's own struct socket
  netns,    // 1: the pointer is the network namespace of the process that holds the descriptor
};

struct Place {
  enum class Base : uint8_t { socket, sock, ipv6 };
  Base base = Base::sock;
  uint32_t fits = 0;  // only in socks of at least that many bytes
  Member member;
  int follow = -1;  // the slot of the pointer that is followed, or none
  Shown shown = Shown::plain;
};

// One FIELD row.
struct FieldReading {
  size_t row = 0;  // into observables()
  // Alternatives, each of one place or of several that are shown joined by '+'.
  std::vector<std::vector<Place>> alternatives;
};

class BtfObserver {
 public:
  // Throws UnavailableError where the kernel does not let it look.
  BtfObserver();

  // The rows that this kernel's BTF has a place for.
  std::span<const FieldReading> fields() const { return fields_; }
  // The other rows of this release, and why.
  const std::map<std::string, std::string>& unreadable() const { return unreadable_; }

  // Every socket that the process has open, by its descriptor.
  std::vector<SocketCopy> read(pid_t process);
  // The field as text; empty where this socket has no such field. `expected` decides between names
  // of one address.
  std::string text(const FieldReading& field, const SocketCopy& copy,
                   std::string_view expected) const;

 private:
  void plan_row(size_t row);
  bool plan_alternative(std::string_view text, std::vector<Place>* places);
  bool plan_place(std::string_view path, Shown shown, Place* place);
  int follow_slot(const Place& pointer, uint32_t to);
  std::string place_text(const Place& place, const SocketCopy& copy,
                         std::string_view expected) const;

  BtfLayout layout_;
  KernelSymbols symbols_;
  BpfObject programs_;
  observer_settings settings_{};
  std::vector<FieldReading> fields_;
  std::map<std::string, std::string> unreadable_;
  Member pinet6_;
  int64_t hz_ = 0;
};

}  // namespace sockoracle
