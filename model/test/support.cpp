// SPDX-License-Identifier: GPL-2.0-only
#include "model/test/support.h"

#include <map>

#include "model/module.h"

namespace sockoracle::test {

namespace ut = boost::unit_test;

Release at(std::string_view name) {
  Release release;
  BOOST_REQUIRE_MESSAGE(parse_release(name, &release), "no release " << name);
  return release;
}

bool between(Release release, std::string_view since, std::string_view until) {
  return (since.empty() || release.index >= at(since).index) &&
         (until.empty() || release.index < at(until).index);
}

std::string name_of(Release release) {
  std::string name(releases()[release.index].name);
  if (release.sublevel != 0) name += "." + std::to_string(release.sublevel);
  return name;
}

std::vector<Release> all_releases() {
  std::vector<Release> all;
  for (size_t i = 0; i < releases().size(); ++i) all.push_back({static_cast<uint8_t>(i), 0});
  return all;
}

World world_of(Release release, std::string_view context) {
  World world = default_world(release);
  const ContextRow* row = find_context(context);
  BOOST_REQUIRE_MESSAGE(row != nullptr, "no context " << context);
  apply_context(world, *row);
  return world;
}

World world_of(std::string_view release, std::string_view context) {
  return world_of(at(release), context);
}

void set_provider(World& world, Provider provider, Presence presence) {
  world.providers[static_cast<size_t>(provider)] =
      possible_presence(provider, world.release, presence);
}

void set_optional(World& world, Presence presence) {
  for (const Provider p : {Provider::sctp, Provider::dccp, Provider::l2tp_ip, Provider::smc})
    set_provider(world, p, presence);
  set_provider(world, Provider::mptcp,
               presence == Presence::absent ? Presence::absent : Presence::builtin);
}

void set_sysctl(World& world, Sysctl sysctl, int64_t v0, int64_t v1, int64_t v2) {
  world.sysctls[static_cast<size_t>(sysctl)] = {{v0, v1, v2}};
}

void set_faults(World& world, const std::vector<int>& numbers) {
  world.fault_count = static_cast<uint8_t>(numbers.size());
  world.faults = {};
  for (size_t i = 0; i < numbers.size(); ++i) world.faults[i] = static_cast<uint16_t>(numbers[i]);
}

void open_ping(World& world) { set_sysctl(world, Sysctl::ping_group_range, 0, 0x7fffffff); }

Call inet(int32_t type, int32_t protocol) { return {Entry::socket, kAF_INET, type, protocol}; }
Call inet6(int32_t type, int32_t protocol) { return {Entry::socket, kAF_INET6, type, protocol}; }

Verdict verdict_of(const World& world, const Call& call) {
  Kernel k(world);
  return k.call(call);
}

std::string error_word(int32_t error) { return error == 0 ? "0" : std::string(errno_name(error)); }

std::string words(std::string_view error, std::string_view rule) {
  return std::string(error) + " " + std::string(rule);
}

std::string words(const Verdict& verdict) {
  return words(error_word(verdict.error), row(verdict.rule).name);
}

std::string hazard_words(HazardSet hazards) {
  std::string text;
  for (size_t i = 0; i < kHazardCount; ++i) {
    if (!hazards.has(static_cast<Hazard>(i))) continue;
    if (!text.empty()) text += ' ';
    text += hazard_name(static_cast<Hazard>(i));
  }
  return text;
}

std::string step_line(const Step& step) {
  std::string line(step_word(step.kind));
  line += ' ';
  line += step.what;
  for (const int64_t n :
       {int64_t{step.result}, int64_t{step.object}, int64_t{step.a}, int64_t{step.b}})
    line += ' ' + std::to_string(n);
  return line;
}

std::string trace_text(const Kernel& k) {
  std::string text;
  for (const Step& step : k.trace()) text += step_line(step) + '\n';
  return text;
}

std::vector<std::string> steps_named(const Kernel& k, StepKind kind) {
  std::vector<std::string> names;
  for (const Step& step : k.trace())
    if (step.kind == kind) names.emplace_back(step.what);
  return names;
}

std::vector<std::string> aliases(const Kernel& k) {
  std::vector<std::string> all;
  for (const Step& step : k.trace()) {
    if (step.kind != StepKind::request_module) continue;
    char room[64];
    all.emplace_back(room, alias_text(step, room));
  }
  return all;
}

bool has_step(const Kernel& k, StepKind kind, std::string_view what) {
  for (const Step& step : k.trace())
    if (step.kind == kind && step.what == what) return true;
  return false;
}

std::string field(const Fields& fields, std::string_view name) {
  for (const auto& [known, value] : fields)
    if (known == name) return value;
  BOOST_FAIL("no field " << name);
  return {};
}

void add_named_test(const std::string& suite, const std::string& name, void (*run)(size_t row),
                    size_t row) {
  static std::map<std::string, ut::test_suite*> suites;
  ut::test_suite*& place = suites[suite];
  if (place == nullptr) {
    place = BOOST_TEST_SUITE(suite);
    ut::framework::master_test_suite().add(place);
  }
  place->add(ut::make_test_case([run, row] { run(row); }, name, __FILE__, __LINE__));
}

}  // namespace sockoracle::test
