// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/repro_look.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "conformance/world/provider_witness.h"
#include "model/kernel.h"
#include "model/observables.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::string_view kReadWhole = R"c(
/* A file of /proc, cut to the buffer; 0 where there is none. */
static int read_whole(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n = 0;

	if (fd < 0)
		return 0;
	while (length + 1 < size && (n = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	close(fd);
	text[length] = 0;
	return n >= 0;
}
)c";

constexpr std::string_view kRelease = R"c(
/* The releases that answer alike, each as major, minor and sublevel in three bytes and two. */
static void look_at_release(void)
{
	unsigned int major = 0, minor = 0, sublevel = 0;
	unsigned long long here;
	struct utsname names;
	const char *debian;

	if (uname(&names) != 0 || sscanf(names.release, "%u.%u.%u", &major, &minor, &sublevel) < 2)
		return;
	debian = strstr(names.version, "Debian "); /* which keeps the sublevel there */
	if (debian != NULL)
		sscanf(debian, "Debian %u.%u.%u", &major, &minor, &sublevel);
	here = (unsigned long long)major << 32 | minor << 16 | sublevel;
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (here >= releases[i].first && here <= releases[i].last)
			return;
	skip(names.release, "this release answers otherwise");
}
)c";

constexpr std::string_view kProvider = R"c(
/* Is there a file of the module for this kernel, and would it be loaded? */
static int can_be_loaded(const char *module)
{
	static char text[4 << 20];
	char path[512];
	struct utsname names;

	if (!read_whole("/proc/sys/kernel/modprobe", text, sizeof(text)) || text[0] == '\n' ||
	    text[0] == 0)
		return 0;
	if (read_whole("/proc/sys/kernel/modules_disabled", text, sizeof(text)) && text[0] == '1')
		return 0;
	if (uname(&names) != 0)
		return 0;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", names.release);
	if (!read_whole(path, text, sizeof(text)))
		return 0;
	snprintf(path, sizeof(path), "/%s.ko", module);
	return strstr(text, path) != NULL;
}

enum { ABSENT = 1, LOADABLE = 2, PRESENT = 4 };

/* `wanted`: in which of these the answer is the expected one. */
static void look_at_protocol(const char *proto, const char *module, int wanted)
{
	static char text[1 << 16];
	char line[64];

	if (!read_whole("/proc/net/protocols", text, sizeof(text)))
		return; /* then nothing is known */
	snprintf(line, sizeof(line), "\n%s ", proto);
	if (strstr(text, line) != NULL) {
		if (!(wanted & PRESENT))
			skip(proto, "is registered here; the program is for a kernel without it");
	} else if (module[0] != 0 && can_be_loaded(module)) {
		if (!(wanted & LOADABLE))
			skip(proto, "is a module that would be loaded here");
	} else if (!(wanted & ABSENT)) {
		skip(proto, "is not registered here (/proc/net/protocols)");
	}
}
)c";

constexpr std::string_view kSysctl = R"c(
/* `wanted`: the numbers, with blanks between them. */
static void look_at_sysctl(const char *path, const char *wanted)
{
	char text[128], got[128];
	size_t length = 0;

	if (!read_whole(path, text, sizeof(text)))
		return;
	for (char *word = strtok(text, " \t\n"); word != NULL; word = strtok(NULL, " \t\n"))
		length += (size_t)snprintf(got + length, sizeof(got) - length, "%s%s",
					   length == 0 ? "" : " ", word);
	if (length == 0 || strcmp(got, wanted) != 0)
		skip(path, "has another value here");
}
)c";

constexpr std::string_view kCapability = R"c(
static void look_at_capability(unsigned int number, int wanted)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) != 0)
		return;
	if ((int)(data[number / 32].effective >> (number % 32) & 1) != wanted)
		skip("the caller", wanted ? "lacks a capability that the expected one has" :
					    "has a capability that the expected one lacks");
}
)c";

constexpr std::string_view kGroups = R"c(
/* The group that counts, and none beside it that the expected caller has not. */
static void look_at_groups(unsigned int egid)
{
	gid_t groups[256];
	int count = getgroups(256, groups);

	if ((unsigned int)getegid() != egid)
		skip("the caller", "has another effective group than the expected one");
	for (int i = 0; i < count; i++)
		if ((unsigned int)groups[i] != egid)
			skip("the caller", "has supplementary groups");
}
)c";

bool shown_always(std::string_view name) {
  return name == "SO_DOMAIN" || name == "SO_TYPE" || name == "SO_PROTOCOL";
}

std::string rows_of(const State& state, bool all) {
  std::string rows;
  const auto observed = observables();
  for (size_t i = 0; i < state.size() && i < observed.size(); ++i) {
    const Observable& o = observed[i];
    if (o.reading != Reading::sockopt || o.format != Format::i32 || o.length != 4 || o.deep)
      continue;
    if (!all && !shown_always(o.name)) continue;
    const Value& value = state[i];
    if (value.kind == Value::Kind::number)
      rows += fmt::format("\t{{ \"{}\", {}, {}, 0, {} }},\n", o.name, o.level, o.option,
                          c_number(static_cast<int32_t>(value.v[0])));
    else if (value.kind == Value::Kind::error)
      rows +=
          fmt::format("\t{{ \"{}\", {}, {}, {}, 0 }},\n", o.name, o.level, o.option, value.error);
  }
  return rows;
}

uint64_t code_of(Release release) {
  const ReleaseRow& row = releases()[release.index];
  return uint64_t{row.major} << 32 | uint64_t{row.minor} << 16 | release.sublevel;
}

// Each release, and each stable one that a row of behaviours.def names: the others are as the one
// before. Found once: every program that is written asks for them.
const std::vector<Release>& turning_releases() {
  static const std::vector<Release> turns = [] {
    std::vector<Release> found;
    for (size_t i = 0; i < releases().size(); ++i) found.push_back({static_cast<uint8_t>(i), 0});
    for (const BehaviourRow& row : behaviours())
      for (const Backport& backport : backports_of(row.id))
        found.push_back({nearest_series(backport.numbers).index,
                         static_cast<uint16_t>(backport.numbers.sublevel)});
    const auto key = [](Release release) { return std::pair(release.index, release.sublevel); };
    std::sort(found.begin(), found.end(), [&](Release a, Release b) { return key(a) < key(b); });
    const auto same = [&](Release a, Release b) { return key(a) == key(b); };
    found.erase(std::unique(found.begin(), found.end(), same), found.end());
    return found;
  }();
  return turns;
}

// Finds out on what the program's outcome depends, by changing the world bit by bit.
class Looker {
 public:
  Looker(const Setting& setting, const Call& call, bool all)
      : case_{setting.world, call}, all_(all), expected_(outcome(case_)) {}

  Looking look() {
    look_at_releases();
    for (const Witness& witness : kWitnesses) look_at_provider(witness);
    for (const SysctlRow& row : sysctls()) look_at_sysctl(row);
    for (const int32_t cap : {kCAP_NET_RAW, kCAP_SYS_ADMIN}) look_at_capability(cap);
    look_at_groups();
    return out_;
  }

 private:
  // All that the program sees of an answer.
  std::string outcome(const Case& c) const {
    const Answer answer = ask(c);
    std::string text = std::to_string(answer.verdict.error) + "\n";
    return answer.verdict.error == 0 ? text + rows_of(answer.state, all_) : text;
  }
  bool is_expected(const Case& c) const { return outcome(c) == expected_; }

  void need(std::string_view function) {
    if (out_.functions.find(function) == std::string::npos) out_.functions += function;
  }
  void line(const std::string& text) { out_.body += "\t" + text + "\n"; }

  // Runs of releases, sublevel by sublevel where backports make a difference.
  void look_at_releases() {
    std::string rows;
    bool everywhere = true, open = false;
    uint64_t first = 0, last = 0;
    const auto close = [&] {
      if (open) rows += fmt::format("\t{{ 0x{:x}ULL, 0x{:x}ULL }},\n", first, last);
      open = false;
    };
    const std::vector<Release>& turns = turning_releases();
    for (size_t i = 0; i < turns.size(); ++i) {
      Case moved = case_;
      set_release(moved.world, turns[i]);
      if (!is_expected(moved)) {
        everywhere = false;
        close();
        continue;
      }
      if (!open) first = code_of(turns[i]);
      open = true;
      const bool series_goes_on = i + 1 < turns.size() && turns[i + 1].index == turns[i].index;
      last = series_goes_on ? code_of(turns[i + 1]) - 1 : code_of(turns[i]) | 0xffff;
    }
    if (open) last = std::numeric_limits<uint64_t>::max();  // and the newest goes on
    close();
    if (everywhere) return;
    out_.functions = "\n/* From a release to a release: the expected answer. */\n"
                     "static const struct {\n\tunsigned long long first, last;\n"
                     "} releases[] = {\n" +
                     rows + "};\n" + out_.functions;
    need(kRelease);
    line("look_at_release();");
  }

  void look_at_provider(const Witness& witness) {
    const auto index = static_cast<size_t>(witness.provider);
    const auto with = [&](Presence presence) {
      Case changed = case_;
      changed.world.providers[index] =
          possible_presence(witness.provider, case_.world.release, presence);
      return is_expected(changed);
    };
    const bool absent = with(Presence::absent), loadable = with(Presence::loadable);
    const bool present = with(Presence::loaded) || with(Presence::builtin);
    if (absent && loadable && present) return;
    std::string wanted;
    for (const auto& [word, holds] : {std::pair("ABSENT", absent), std::pair("LOADABLE", loadable),
                                      std::pair("PRESENT", present)})
      if (holds) wanted += (wanted.empty() ? "" : " | ") + std::string(word);
    need(kReadWhole), need(kProvider);
    line(fmt::format("look_at_protocol(\"{}\", \"{}\", {});", witness.proto, witness.module,
                     wanted.empty() ? "0" : wanted));
  }

  void look_at_sysctl(const SysctlRow& row) {
    const auto index = static_cast<size_t>(row.id);
    bool matters = false;
    for (const int64_t first : {int64_t{0}, int64_t{1}, row.max})
      for (const int64_t second : {int64_t{0}, row.max}) {
        Case changed = case_;
        changed.world.sysctls[index].v = {first, second, 0};
        matters = matters || !is_expected(changed);
      }
    if (!matters) return;
    std::string path = "/proc/sys/" + std::string(row.name), wanted;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    for (size_t n = 0; n < row.count; ++n)
      wanted += (n > 0 ? " " : "") + std::to_string(case_.world.sysctls[index].v[n]);
    need(kReadWhole), need(kSysctl);
    line(fmt::format("look_at_sysctl(\"{}\", \"{}\");", path, wanted));
  }

  void look_at_capability(int32_t cap) {
    Case changed = case_;
    changed.world.caller.caps ^= uint64_t{1} << cap;
    if (is_expected(changed)) return;
    need(kCapability);
    line(fmt::format("look_at_capability({}, {});", cap, case_.world.caller.caps >> cap & 1));
  }

  // Where the staging neither maps nor sets them.
  void look_at_groups() {
    const Caller& caller = case_.world.caller;
    if (caller.user_ns != 0 || caller.group_count != 0) return;
    bool matters = false;
    for (const uint32_t egid : {uint32_t{0}, uint32_t{1000}, uint32_t{65534}}) {
      Case changed = case_;
      changed.world.caller.egid = changed.world.caller.fsgid = egid;
      matters = matters || !is_expected(changed);
    }
    if (!matters) return;
    need(kGroups);
    line(fmt::format("look_at_groups({});", caller.egid));
  }

  Case case_;
  bool all_;
  std::string expected_;
  Looking out_;
};

}  // namespace

std::string c_number(int32_t n) {
  if (n == std::numeric_limits<int32_t>::min()) return "(-2147483647 - 1)";
  return std::to_string(n);
}

std::string option_rows(const Case& c, bool all) { return rows_of(ask(c).state, all); }

Looking looking_of(const Setting& setting, const Call& call, bool all) {
  return Looker(setting, call, all).look();
}

}  // namespace sockoracle
