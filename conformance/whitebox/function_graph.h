// SPDX-License-Identifier: GPL-2.0-only
// Which functions the running kernel enters in one thread, and which within which: ftrace's
// function graph, in a trace instance of its own. Where the kernel has none in instances (before
// 6.11), only in a machine that was booted for this, in its one and only tracer.
#pragma once

#include <sys/types.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/whitebox/own_directory.h"

namespace sockoracle {

struct GraphEvent {
  bool entry = true;     // else the function's end
  int depth = 0;         // of the functions that are traced; 0 = outermost
  std::string function;  // without what compilers append (".isra.0")
};

class FunctionGraph {
 public:
  // Throws UnavailableError with the reason. Of the functions those are followed that this kernel
  // lets trace.
  explicit FunctionGraph(const std::set<std::string>& functions);
  ~FunctionGraph();
  FunctionGraph(const FunctionGraph&) = delete;
  FunctionGraph& operator=(const FunctionGraph&) = delete;

  const std::set<std::string, std::less<>>& followed() const { return followed_; }

  void watch(pid_t thread);
  // What the thread entered since, in order. Nothing where events were lost.
  std::vector<GraphEvent> collect();

 private:
  bool write(const char* file, std::string_view text) const;
  std::string read(const char* file) const;
  void choose_functions(const std::set<std::string>& functions);

  Descriptor tracefs_;
  std::unique_ptr<OwnDirectory> instance_;
  int folder_;  // of the instance, or of the machine's own tracefs
  std::set<std::string, std::less<>> followed_;
};

// The text of `trace` under the options that FunctionGraph sets; pure.
std::vector<GraphEvent> parse_function_graph(std::string_view text);

}  // namespace sockoracle
