// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/repro.h"

#include <algorithm>

#include <fmt/format.h>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/repro_look.h"
#include "conformance/explain/repro_stage.h"
#include "conformance/plan/plan.h"
#include "conformance/words/step_text.h"
#include "conformance/world/cli_world.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::string_view kIncludes = R"c(#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
)c";

// What the styles say differently. `pass`, `fail` and `skip` end the program, but for LTP.
constexpr std::string_view kPlain = R"c(
static void skip(const char *what, const char *why)
{
	printf("skipped: %s: %s\n", what, why);
	exit(4);
}

static void verdict(int ok, const char *got)
{
	printf("call      %s\nexpected  %s\ngot       %s\n", call, expected, got);
	puts(ok ? "as expected" : "DIFFERENT");
	exit(ok ? 0 : 1);
}
)c";

constexpr std::string_view kTap = R"c(
static void skip(const char *what, const char *why)
{
	printf("TAP version 13\n1..1\nok 1 %s # SKIP %s: %s\n", call, what, why);
	exit(4);
}

static void verdict(int ok, const char *got)
{
	printf("TAP version 13\n1..1\n# expected %s\n# got %s\n", expected, got);
	printf("%s 1 %s\n", ok ? "ok" : "not ok", call);
	exit(ok ? 0 : 1);
}
)c";

constexpr std::string_view kLtp = R"c(
static void skip(const char *what, const char *why)
{
	tst_brk(TCONF, "%s: %s", what, why);
	abort(); /* not reached */
}

static void verdict(int ok, const char *got)
{
	tst_res(ok ? TPASS : TFAIL, "%s: expected %s, got %s", call, expected, got);
}
)c";

std::string comment(const std::string& text) {
  std::string out;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = std::min(text.find('\n', start), text.size());
    out += (end == start ? " *" : " * " + text.substr(start, end - start)) + "\n";
    start = end + 1;
  }
  return out;
}

// Whether the answer hangs on a provider: then the reader must know what is assumed.
std::string assumptions(const Case& c, const Verdict& verdict) {
  std::string text;
  for (const ProviderRow& provider : providers()) {
    const auto index = static_cast<size_t>(provider.id);
    for (const Presence other : {Presence::absent, Presence::builtin}) {
      Case changed = c;
      changed.world.providers[index] = possible_presence(provider.id, c.world.release, other);
      const Verdict there = ask(changed).verdict;
      if (there.error == verdict.error && there.rule == verdict.rule) continue;
      text += fmt::format("Assumes: {} is {}\n", provider.name,
                          presence_name(c.world.providers[index]));
      break;
    }
  }
  return text;
}

std::string expected_text(const Verdict& verdict) {
  if (verdict.error == 0) return "a descriptor";
  return "-1 " + std::string(errno_name(verdict.error));
}

std::string head(const Setting& setting, const Case& c, const Verdict& verdict,
                 const Staging& staging) {
  const RuleRow& rule = row(verdict.rule);
  std::string text = call_text(c.call) + "\n" + asked_of_text(setting) +
                     "\n\nExpected: " + expected_text(verdict) + "\n";
  text +=
      fmt::format("Rule: {} ({})\n", rule.name, place_of(verdict.rule, c.world.release, c.call));
  text += paragraph(rule.sentence, 0, 100) + "\n";
  text += assumptions(c, verdict);
  text += "\nExit status: 0 as expected, 1 different, 4 the world cannot be staged here, or this\n"
          "machine is another one: set ANYWAY in the environment to have it judged all the same.\n";
  if (staging.needs_root) text += "Needs root, to enter namespaces and to change the caller.\n";
  return "/*\n" + comment(text) + " */\n";
}

constexpr std::string_view kOptions = R"c(
/* Each option of the fresh socket; the first that differs is described in text. */
static int options_differ(int fd, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int value = 0, error = 0;
		socklen_t length = sizeof(value);

		if (getsockopt(fd, options[i].level, options[i].option, &value, &length) != 0)
			error = errno;
		if (error == options[i].error && (error != 0 || value == options[i].value))
			continue;
		snprintf(text, size, "a descriptor, %s is %d (errno %d) instead of %d (errno %d)",
			 options[i].name, value, error, options[i].value, options[i].error);
		return 1;
	}
	return 0;
}
)c";

std::string call_code(const Call& call) {
  const std::string arguments = fmt::format("{}, {}, {}", c_number(call.family),
                                            c_number(call.type), c_number(call.protocol));
  if (call.entry == Entry::socketpair)
    return "\tint pair[2] = { -1, -1 };\n\tint fd = socketpair(" + arguments +
           ", pair) == 0 ? pair[0] : -1;\n";
  return "\tint fd = socket(" + arguments + ");\n";
}

std::string run_function(const Case& c, const Verdict& verdict, bool options) {
  std::string text = "\nstatic void run(void)\n{\n\tchar got[256];\n" + call_code(c.call);
  text += "\tint error = fd < 0 ? errno : 0;\n";
  text += fmt::format("\tint ok = error == {};\n\n", verdict.error);
  text += "\tif (error != 0)\n"
          "\t\tsnprintf(got, sizeof(got), \"-1, errno %d (%s)\", error, strerror(error));\n"
          "\telse\n\t\tsnprintf(got, sizeof(got), \"a descriptor\");\n";
  if (options) text += "\tif (error == 0 && options_differ(fd, got, sizeof(got)))\n\t\tok = 0;\n";
  text += "\tif (fd >= 0)\n\t\tclose(fd);\n\tverdict(ok, got);\n}\n";
  return text;
}

// Once the world is staged: what could not be staged must be there.
constexpr std::string_view kLook = R"c(
/* Skips where this machine is not the world the program was written for, unless ANYWAY is set. */
static void look(void)
{
	if (getenv("ANYWAY") != NULL)
		return;
)c";

std::string stage_function(const Staging& staging, const Looking& looking) {
  if (!staging.lacks.empty())
    return fmt::format("\nstatic void stage(void)\n{{\n\tskip(\"{}\", \"no program can stage it\");"
                       "\n}}\n",
                       staging.lacks.front());
  std::string text = staging.functions, body;
  if (staging.needs_root)
    body = "\tif (geteuid() != 0)\n\t\tskip(\"this world\", \"needs root\");\n";
  body += staging.body;
  if (!looking.body.empty()) {
    text += looking.functions + std::string(kLook) + looking.body + "}\n";
    // Who has no descriptor left cannot look.
    body.insert(std::min(body.find("\tdescriptors_left("), body.size()), "\tlook();\n");
  }
  return text + "\nstatic void stage(void)\n{\n" + body + "}\n";
}

std::string_view style_functions(ReproStyle style) {
  switch (style) {
    case ReproStyle::kselftest: return kTap;
    case ReproStyle::ltp: return kLtp;
    case ReproStyle::plain: break;
  }
  return kPlain;
}

std::string main_function(ReproStyle style, const Staging& staging) {
  if (style == ReproStyle::ltp)
    return fmt::format("\nstatic struct tst_test test = {{\n\t.setup = stage,\n"
                       "\t.test_all = run,\n\t.needs_root = {},\n}};\n",
                       staging.needs_root ? 1 : 0);
  return "\nint main(void)\n{\n\tstage();\n\trun();\n\treturn 1;\n}\n";
}

}  // namespace

std::string repro_text(const Setting& setting, const Call& call, const ReproOptions& options) {
  const Case c{setting.world, call};
  const Answer answer = ask(c);
  if (answer.verdict.rule == Rule::family_not_modelled)
    throw UsageError(call_text(call) + ": the family is outside the model");
  Staging staging = staging_of(setting);
  if (call.entry == Entry::io_uring || call.entry == Entry::socketcall)
    staging.lacks.push_back(std::string(entry_name(call.entry)) + " is no call of C programs");
  const std::string rows =
      call.entry == Entry::socket ? option_rows(c, options.state) : std::string();
  std::string text = "// SPDX-License-Identifier: GPL-2.0-only\n";
  text += head(setting, c, answer.verdict, staging);
  text += kIncludes;
  if (options.style == ReproStyle::ltp) text += "#include \"tst_test.h\"\n";
  text += fmt::format("\nstatic const char call[] = \"{}\";\n", call_text(call));
  text += fmt::format("static const char expected[] = \"{}\";\n", expected_text(answer.verdict));
  if (!rows.empty())
    text += "\n/* What getsockopt() answers: an errno, or else a value. */\n"
            "static const struct {\n\tconst char *name;\n\tint level, option, error, value;\n"
            "} options[] = {\n" +
            rows + "};\n";
  text += style_functions(options.style);
  text += stage_function(staging, looking_of(setting, call, options.state));
  if (!rows.empty()) text += kOptions;
  text += run_function(c, answer.verdict, !rows.empty());
  return text + main_function(options.style, staging);
}

Call repro_case(const std::string& text, std::vector<Item>* items) {
  for (const NamedCase& named : named_cases()) {
    if (named.name != text) continue;
    const bool has_context = std::any_of(items->begin(), items->end(), [](const Item& item) {
      return item.kind == ItemKind::context;
    });
    if (!has_context) items->push_back({ItemKind::context, {}, std::string(named.context), "CASE"});
    return call_argument(std::string(named.call));
  }
  return call_argument(text);
}

}  // namespace sockoracle
