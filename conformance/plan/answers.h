// SPDX-License-Identifier: GPL-2.0-only
// What a subject answered: the form that recordings, the live host and the model at a release
// share.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/case.h"
#include "model/verdict.h"

namespace sockoracle {

// "EPERM", "SIGSYS", "E512" for a number without a name; "success" for 0.
std::string outcome_name(int32_t error);
// The reverse, without "success"; false where it is no such name.
bool parse_outcome(std::string_view name, int32_t* error);

// All protocols of [low, high] got the same answer.
struct Observation {
  int32_t family = 0, type = 0;
  int32_t low = 0, high = 0;
  int32_t error = 0;   // 0: a socket was created
  uint32_t state = 0;  // created: index into the StateTable
  bool deep = false;   // asked once more, with the observables that are slow to read
  friend bool operator==(const Observation&, const Observation&) = default;
};

// Cases that were left out, and why.
struct Skipped {
  int32_t family = 0, type = 0;
  int32_t low = 0, high = 0;
  bool deep = false;
  std::string reason;
  friend bool operator==(const Skipped&, const Skipped&) = default;
};

inline uint64_t width(int32_t low, int32_t high) {
  return static_cast<uint64_t>(int64_t{high} - int64_t{low} + 1);
}

// What was answered in one context, in the order in which it was asked.
struct Answers {
  std::string context;
  std::string skipped;  // why the context could not be staged; empty = it was
  std::vector<Observation> observations;
  std::vector<Skipped> left_out;
  uint64_t skipped_cases = 0;  // of a context that was not staged: how many it would have had
  friend bool operator==(const Answers&, const Answers&) = default;
};

// Brings observations into the one order that recordings have: grouped by family, type and depth in
// the order of their first appearance, ascending by protocol, neighbours with the same answer
// joined.
void normalise(Answers& answers);

// What the observables of a fresh socket read: (index into StateTable::names, text), by index.
struct StateText {
  std::vector<std::pair<uint16_t, std::string>> values;
  friend bool operator==(const StateText&, const StateText&) = default;
};

// Each different state once, for all contexts of a subject.
class StateTable {
 public:
  // The index of the name, which is added if it is new.
  uint16_t name_index(std::string_view name);
  uint32_t add(StateText state);
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<StateText>& states() const { return states_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, uint16_t, std::less<>> name_of_;
  std::vector<StateText> states_;
  std::unordered_multimap<size_t, uint32_t> by_hash_;
};

// Who answered, and the facts from which its world is derived.
struct Provenance {
  std::string subject;                         // "host", "model" ...: names subjects/<subject>.json
  std::string release;                         // as uname gives it
  std::string uname;                           // sysname, version and machine
  std::map<std::string, std::string> config;   // kernel configuration: "y", "m" or "n"
  std::map<std::string, std::string> modules;  // provider: absent, loadable, loaded, builtin
  bool autoload = false;                       // the kernel can load modules by itself
  std::vector<std::string> protocols;          // /proc/net/protocols
  std::map<std::string, std::string> sysctls;
  std::string lsm;
  std::string tool;
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

// The world of the subject as root sees it. Throws UsageError, naming `where`, if the release is
// not in the table or a fact cannot be read.
World world_of(const Provenance& provenance, std::string_view where);
// The facts of a world that stands in no kernel: the model as a subject.
Provenance provenance_of(const World& world);

// One call in a machine whose modprobe writes down what it is called for.
struct AutoloadCall {
  Presence modules{};  // where the modules were then: the phase, see autoload.h
  int32_t family = 0, type = 0, protocol = 0;
  std::vector<std::string> asked;                        // aliases, in their order
  std::map<std::string, std::vector<std::string>> came;  // alias: modules, in their order
  int32_t error = 0;                                     // 0: a socket was created
  friend bool operator==(const AutoloadCall&, const AutoloadCall&) = default;
};

// Which call made the kernel ask for which module, one call after the other in one boot.
struct AutoloadAnswers {
  // What modprobe knows there: an alias, then the modules that it takes in the order of loading.
  std::vector<std::vector<std::string>> aliases;
  std::vector<AutoloadCall> calls;
  friend bool operator==(const AutoloadAnswers&, const AutoloadAnswers&) = default;
};

struct Recording {
  Provenance provenance;
  StateTable states;
  AutoloadAnswers autoload;  // empty: nobody asked
  std::vector<Answers> contexts;
};

}  // namespace sockoracle
