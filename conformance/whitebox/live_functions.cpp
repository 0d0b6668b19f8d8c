// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/live_functions.h"

#include <algorithm>
#include <array>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/text_layout.h"
#include "conformance/whitebox/deep_calls.h"
#include "conformance/words/step_text.h"

namespace sockoracle {
namespace {

enum class Count { each, first, may, inlined };
enum class Point { entry, exit };

struct GraphRow {
  Count count;
  Point point;
  StepKind kind;
  std::string_view what, functions;
};

constexpr GraphRow kRows[] = {
#define GRAPH(count, point, kind, what, functions) \
  {Count::count, Point::point, StepKind::kind, what, functions},
#include "conformance/whitebox/graph_functions.def"
};

constexpr std::string_view kCall = "__sys_socket";

template <typename Use>
void for_each_word(std::string_view text, Use use) {
  while (!text.empty()) {
    const size_t blank = text.find(' ');
    use(text.substr(0, blank));
    text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  }
}

bool names(const GraphRow& row, std::string_view function) {
  bool found = false;
  for_each_word(row.functions, [&](std::string_view one) { found = found || one == function; });
  return found;
}

bool is_followed(const GraphRow& row, const FunctionGraph& graph) {
  bool found = false;
  for_each_word(row.functions,
                [&](std::string_view one) { found = found || graph.followed().contains(one); });
  return found;
}

bool is_step(const GraphRow& table_row, const Step& step) {
  if (table_row.kind != step.kind) return false;
  if (table_row.what.empty() || table_row.what == step.what || names(table_row, step.what))
    return true;
  if (step.kind == StepKind::rule) {
    bool decides = table_row.what == row(step.rule).name;
    for_each_word(row(step.rule).functions, [&](std::string_view one) {
      decides = decides || one.substr(one.find(':') + 1) == table_row.what;
    });
    return decides;
  }
  return step.kind == StepKind::alloc && table_row.what == "proto" && step.object != 0 &&
         step.what != "sock_inode_cache";
}

using Rows = std::vector<size_t>;

class Sequence {
 public:
  // The model's rules follow what they decide by; the kernel's functions enclose it.
  explicit Sequence(bool of_model) : of_model_(of_model) {}
  void add(size_t row) {
    if (kRows[row].count == Count::first && seen_[row] != 0) return;
    ++seen_[row];
    // What is asked for before a function's first decision is asked for inside it.
    auto at = rows_.end();
    while (
        of_model_ && kRows[row].kind == StepKind::rule && at != rows_.begin() &&
        (kRows[at[-1]].kind == StepKind::capable || kRows[at[-1]].kind == StepKind::request_module))
      --at;
    rows_.insert(at, row);
  }
  size_t count(size_t row) const { return seen_[row]; }
  const Rows& rows() const { return rows_; }

 private:
  bool of_model_;
  std::array<size_t, std::size(kRows)> seen_{};
  Rows rows_;
};

Sequence model_sequence(const FunctionGraph& graph, std::span<const Step> steps) {
  Sequence sequence{true};
  for (const Step& step : steps) {
    for (size_t i = 0; i < std::size(kRows); ++i)
      if (is_step(kRows[i], step) && is_followed(kRows[i], graph)) sequence.add(i);
  }
  return sequence;
}

// From the entry of the system call to its end: the probe closes the socket afterwards.
std::vector<GraphEvent> of_the_call(const std::vector<GraphEvent>& events) {
  std::vector<GraphEvent> inside;
  for (const GraphEvent& event : events) {
    if (inside.empty() && !(event.entry && event.function == kCall)) continue;
    inside.push_back(event);
    if (!event.entry && event.depth == inside.front().depth) break;
  }
  return inside;
}

Sequence live_sequence(const std::vector<GraphEvent>& events) {
  Sequence sequence{false};
  std::vector<std::string_view> open;
  for (const GraphEvent& event : events) {
    if (!event.entry) open.pop_back();
    // One creation within the other is of the kernel's own socket: nothing of the call is decided.
    const auto creating = std::count(open.begin(), open.end(), "__sock_create");
    for (size_t i = 0; i < std::size(kRows); ++i) {
      const GraphRow& row = kRows[i];
      const bool is_wrapped =
          !open.empty() && open.back() != event.function && names(row, open.back());
      if (names(row, event.function) && event.entry == (row.point == Point::entry) &&
          !(row.kind == StepKind::rule && creating > (event.function == "__sock_create" ? 0 : 1)) &&
          !is_wrapped)
        sequence.add(i);
    }
    if (event.entry) open.push_back(event.function);
  }
  return sequence;
}

// One side of the comparison, without what the other one need not have.
std::string text(const Sequence& sequence, const Sequence& model, const Sequence& live) {
  std::string out;
  for (const size_t row : sequence.rows()) {
    if (kRows[row].count == Count::may && model.count(row) == 0) continue;
    if (kRows[row].count == Count::inlined && live.count(row) < model.count(row)) continue;
    const std::string_view functions = kRows[row].functions;
    out += (out.empty() ? "" : " ") + std::string(functions.substr(0, functions.find(' ')));
  }
  return out.empty() ? "nothing" : out;
}

}  // namespace

std::set<std::string> graph_functions() {
  std::set<std::string> functions;
  for (const GraphRow& row : kRows)
    for_each_word(row.functions, [&](std::string_view one) { functions.emplace(one); });
  return functions;
}

namespace {

// `steps`: the model's of the call, without its close.
void compare_graph(const FunctionGraph& graph, std::span<const Step> steps,
                   const std::vector<GraphEvent>& events, BothGraphs& both) {
  both.live = of_the_call(events);
  const Sequence model = model_sequence(graph, steps);
  const Sequence live = live_sequence(both.live);
  both.expected = text(model, model, live);
  both.got = text(live, model, live);
}

}  // namespace

BothGraphs graph_call(FunctionGraph& graph, LiveContext& context, const Call& call) {
  constexpr int kTries = 4;
  const pid_t process = context.process();
  std::vector<Step> steps;
  BothGraphs both;
  both.verdict = context.model(call, &steps, false);
  for (int i = 0; i < kTries; ++i) {
    graph.watch(process);
    context.ask("call socket", call);
    compare_graph(graph, steps, graph.collect(), both);
    if (both.expected == both.got) break;
  }
  return both;
}

std::string graph_text(const BothGraphs& both) {
  constexpr size_t kColumn = 62;
  std::string out;
  for (const GraphEvent& event : both.live) {
    if (!event.entry) continue;
    std::string line(2 + 2 * static_cast<size_t>(event.depth), ' ');
    line += event.function;
    for (const GraphRow& row : kRows) {
      if (names(row, event.function)) {
        const bool decides = row.kind == StepKind::rule && find_rule(row.what) == nullptr;
        line = padded(line, kColumn) +
               (decides ? "its rules"
                        : std::string(step_word(row.kind)) + (row.what.empty() ? "" : " ") +
                              std::string(row.what));
        break;
      }
    }
    out += line + "\n";
  }
  return out;
}

namespace {

std::string not_followed(const FunctionGraph& graph) {
  std::string rows;
  for (const GraphRow& row : kRows)
    if (!is_followed(row, graph)) rows += (rows.empty() ? "" : ", ") + std::string(row.functions);
  return rows;
}

}  // namespace

void check_functions(const World& base, const Plan& plan, DeepResult& result) {
  DeepOracle oracle;
  oracle.name = "functions";
  FunctionGraph graph(graph_functions());
  if (!graph.followed().contains(kCall))
    throw UnavailableError("this kernel does not let trace " + std::string(kCall));
  uint64_t entered = 0;
  const auto body = [&](LiveContext& context, const World& world, const std::string& name) {
    for (const Call& call : deep_calls(world)) {
      const BothGraphs both = graph_call(graph, context, call);
      DeepGroup group = call_group("functions", name, call);
      compare_call(group, both.verdict.rule, call, "the call's functions", both.expected, both.got);
      result.groups.push_back(std::move(group));
      ++oracle.compared;
      entered += static_cast<uint64_t>(
          std::count_if(both.live.begin(), both.live.end(), [](const auto& e) { return e.entry; }));
    }
  };
  for_each_context(base, plan, oracle, plain_operations, body);
  oracle.counts = plural(entered, "entry") + " of " + plural(graph.followed().size(), "function") +
                  " in " + plural(oracle.compared, "call");
  if (const std::string missing = not_followed(graph); !missing.empty())
    oracle.notes.push_back("not in this kernel, or inlined there: " + missing);
  result.oracles.push_back(std::move(oracle));
}

}  // namespace sockoracle
