// SPDX-License-Identifier: GPL-2.0-only
// One thing that somebody says about a world: --limit fds_left=0, or {"limits":{"fds_left":0}}. The
// flags of the command line and the JSON object of `ask` and --world become the same list of items;
// these are applied in the order of their kinds, so that the order in which they were written does
// not matter.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sockoracle {

// In the order of application: a release brings defaults, a context changes the caller and some
// sysctls, and what is named singly comes on top of it.
enum class ItemKind : uint8_t {
  release,
  config,
  module,
  context,
  user_ns,
  uid,
  gid,
  egid,
  set,
  groups,
  cap,
  sysctl,
  limit,
  policy,
  fault,
  behaviour,
  abi,      // these answer before the kernel does: conformance/situation/
  seccomp,  // key "text": the value is the file's content, as of those below
  unit
};

struct Item {
  ItemKind kind;
  std::string key;  // of what has a name: modules, sysctls, facts; "+" or "-" for behaviour
  std::string value;
  std::string origin;  // for error messages: "--module", "w.json: modules"
};

enum class Shape : uint8_t {
  one,      // --gid 1000; "gid":1000
  process,  // --world pid:7; "process":7
  list,     // may be repeated and adds up; a list in JSON
  comma,    // --groups 1,2; a list of numbers in JSON
  pairs,    // NAME=VALUE; an object in JSON
  with,     // --with NAME; "+NAME" in JSON's list
  without,
  files  // as list; in JSON also what is in the file, as an object
};

// How a kind is written.
struct ItemForm {
  ItemKind kind;
  Shape shape;
  std::string_view flag;      // "" = none: config comes by --kernel-config
  std::string_view json;      // "" = another form of the same kind has it
  std::string_view value;     // of the flag, for help
  std::string_view help;      // "" = only JSON has it
  std::string_view accepted;  // in JSON
  bool of_context;            // a caller context brings it as well
};
std::span<const ItemForm> item_forms();
const ItemForm& form_of(const Item& item);

}  // namespace sockoracle
