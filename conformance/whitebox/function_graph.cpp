// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/function_graph.h"

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/whitebox.h"

namespace sockoracle {
namespace {

// What is left of a line is its indentation, the function, and what begins or ends with it.
constexpr const char* kOptions[] = {"nofuncgraph-cpu",     "nofuncgraph-overhead",
                                    "nofuncgraph-proc",    "nofuncgraph-duration",
                                    "nofuncgraph-abstime", "funcgraph-tail"};

std::string read_at(int folder, const char* file) {
  const int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
  std::string text;
  char piece[65536];
  ssize_t got = 0;
  while (fd >= 0 && (got = ::read(fd, piece, sizeof piece)) > 0)
    text.append(piece, static_cast<size_t>(got));
  if (fd >= 0) close(fd);
  return text;
}

bool has_word(const std::string& text, std::string_view word) {
  const std::string all = " " + text;
  const size_t at = all.find(" " + std::string(word));
  return at != std::string::npos &&
         !std::isalnum(static_cast<unsigned char>((all + "\n")[at + 1 + word.size()]));
}

std::string_view plain_name(std::string_view name) { return name.substr(0, name.find('.')); }

}  // namespace

bool FunctionGraph::write(const char* file, std::string_view text) const {
  const int fd = openat(folder_, file, O_WRONLY | O_CLOEXEC | O_TRUNC);
  if (fd < 0) return false;
  // A list of names is taken one by one.
  ssize_t done = 0;
  while (!text.empty() && (done = ::write(fd, text.data(), text.size())) > 0)
    text.remove_prefix(static_cast<size_t>(done));
  const int error = errno;
  close(fd);
  errno = error;
  return text.empty();
}

std::string FunctionGraph::read(const char* file) const { return read_at(folder_, file); }

FunctionGraph::FunctionGraph(const std::set<std::string>& functions)
    : tracefs_(detached_mount("tracefs")), folder_(tracefs_.get()) {
  if (folder_ < 0)
    throw UnavailableError(std::string("tracefs cannot be mounted: ") + std::strerror(errno));
  if (!has_word(read("available_tracers"), "function_graph"))
    throw UnavailableError("this kernel has no function_graph tracer");
  try {
    instance_ = std::make_unique<OwnDirectory>("tracefs", "instances");
    folder_ = instance_->descriptor();
  } catch (const UnavailableError&) {  // the machine's own tracer is left
  }
  bool taken = instance_ != nullptr && write("current_tracer", "function_graph\n");
  if (!taken && in_own_machine()) {
    instance_.reset();
    folder_ = tracefs_.get();
    taken = write("current_tracer", "function_graph\n");
  }
  if (!taken)
    throw UnavailableError("this kernel has no function_graph tracer in instances (since 6.11)");
  write("tracing_on", "0\n");
  for (const char* option : kOptions) write("trace_options", std::string(option) + "\n");
  choose_functions(functions);
}

FunctionGraph::~FunctionGraph() {
  write("tracing_on", "0\n");
  write("current_tracer", "nop\n");
}

// Each name as the kernel spells it: a compiler's copy has a suffix.
void FunctionGraph::choose_functions(const std::set<std::string>& functions) {
  const std::string available = read_at(tracefs_.get(), "available_filter_functions");
  std::string chosen;
  for (std::string_view rest = available; !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view name = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    name = name.substr(0, name.find_first_of(" \t"));
    if (!functions.contains(std::string(plain_name(name)))) continue;
    chosen += std::string(name) + "\n";
    followed_.insert(std::string(plain_name(name)));
  }
  if (chosen.empty() || !write("set_ftrace_filter", chosen))
    throw UnavailableError(std::string("set_ftrace_filter: ") + std::strerror(errno));
}

void FunctionGraph::watch(pid_t thread) {
  write("set_ftrace_pid", std::to_string(thread) + "\n");
  write("trace", "");
  write("tracing_on", "1\n");
}

std::vector<GraphEvent> FunctionGraph::collect() {
  write("tracing_on", "0\n");
  return parse_function_graph(read("trace"));
}

std::vector<GraphEvent> parse_function_graph(std::string_view text) {
  std::vector<GraphEvent> events;
  std::vector<std::string> open;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.find("LOST") != std::string_view::npos) return {};
    line = line.substr(std::min(line.size(), line.find_first_not_of(" |\t")));
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '}') {
      if (open.empty()) continue;  // of what began before
      events.push_back({false, static_cast<int>(open.size()) - 1, std::move(open.back())});
      open.pop_back();
      continue;
    }
    // "name() {", "name();", "name [module]() {"
    const size_t call = line.find("()");
    if (call == std::string_view::npos) continue;
    std::string name(plain_name(line.substr(0, line.find_first_of(" (["))));
    const auto depth = static_cast<int>(open.size());
    events.push_back({true, depth, name});
    if (line.find('{', call) != std::string_view::npos) open.push_back(std::move(name));
    else events.push_back({false, depth, std::move(name)});
  }
  return events;
}

}  // namespace sockoracle
