// SPDX-License-Identifier: GPL-2.0-only
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "conformance/base/cli_error.h"
#include "conformance/compare/compare.h"
#include "conformance/compare/diff_causes.h"
#include "conformance/compare/ending.h"
#include "conformance/plan/model_answers.h"
#include "conformance/plan/near_world.h"
#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/subject/subject.h"
#include "conformance/words/step_text.h"
#include "model/strace.h"
#include "model/symbols.h"

using namespace sockoracle;

namespace {

World world_of_release(std::string_view name) {
  Release release;
  BOOST_REQUIRE(parse_release(name, &release));
  return default_world(release);
}

Comparison compared(const World& world, const StateTable& states, const Answers& answers,
                    const std::vector<Deviation>& deviations = {}) {
  Comparer comparer(world, states);
  comparer.add(answers);
  return comparer.finish({}, deviations, true);
}

Answers answers_of(std::vector<Observation> observations, std::string context = "nobody") {
  return {.context = std::move(context),
          .skipped = {},
          .observations = std::move(observations),
          .left_out = {}};
}

// As the kernel does it (kernel-behaviour: RAW as nobody on 6.18), but for what a test changes.
Answers raw_as_nobody() {
  return answers_of({{.family = 2, .type = 3, .low = -2, .high = -1, .error = kEINVAL},
                     {.family = 2, .type = 3, .low = 0, .high = 0, .error = kEPROTONOSUPPORT},
                     {.family = 2, .type = 3, .low = 1, .high = 262, .error = kEPERM},
                     {.family = 2, .type = 3, .low = 263, .high = 300, .error = kEINVAL}});
}

Recording recorded(Subject& subject, const std::vector<std::string>& wanted) {
  Recording recording;
  subject.answer({.contexts = wanted}, [&](Answers&& answers) {
    normalise(answers);
    recording.contexts.push_back(std::move(answers));
  });
  recording.provenance = subject.provenance();
  recording.states = subject.states();
  return recording;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(compare)

BOOST_AUTO_TEST_CASE(equal_answers_are_no_finding) {
  const Comparison c = compared(world_of_release("6.18"), {}, raw_as_nobody());
  BOOST_TEST(c.findings.empty());
  BOOST_TEST(c.checked_cases() == 303u);
  BOOST_TEST(c.skipped_cases() == 0u);
}

BOOST_AUTO_TEST_CASE(a_difference_becomes_one_finding_of_its_rule) {
  Answers answers = raw_as_nobody();
  answers.observations[2].error = kEACCES;
  const StateTable states;
  Comparer comparer(world_of_release("6.18"), states);
  comparer.add(answers);
  Answers more = answers;
  more.context = "root-uid-no-caps";
  more.observations.resize(3);
  comparer.add(more);
  const Comparison c = comparer.finish({}, {}, true);
  BOOST_REQUIRE(c.findings.size() == 1u);
  const Finding& f = c.findings[0];
  BOOST_TEST(row(f.rule).name == "raw_needs_net_raw");
  BOOST_TEST(f.observable == "errno");
  BOOST_TEST(f.expected == "EPERM");
  BOOST_TEST(f.got == "EACCES");
  BOOST_TEST(f.count == 524u);
  BOOST_TEST(f.low == 1);
  BOOST_TEST(f.high == 262);
  BOOST_REQUIRE(f.contexts.size() == 2u);
  BOOST_TEST(f.contexts[0] == "nobody");
  BOOST_TEST(f.contexts[1] == "root-uid-no-caps");
  BOOST_TEST(call_text(f.smallest) == "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)");
  BOOST_TEST(c.unexpected() == 1u);
  BOOST_TEST(finding_sentence(c, f) ==
             "got EACCES; Linux 6.18 answers EPERM, because raw_needs_net_raw: A raw socket needs "
             "CAP_NET_RAW in the user namespace that owns the network namespace.");
  BOOST_TEST(
      explain_command(c, f) ==
      "sockoracle explain 'socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)' --release 6.18 --as nobody");
}

BOOST_AUTO_TEST_CASE(a_run_across_rules_becomes_a_finding_for_each) {
  // A subject that answers EPERM to everything: gVisor asks for the capability before it searches.
  const Comparison c =
      compared(world_of_release("6.18"), {},
               answers_of({{.family = 2, .type = 3, .low = -2, .high = 300, .error = kEPERM}}));
  BOOST_REQUIRE(c.findings.size() == 2u);
  BOOST_TEST(row(c.findings[0].rule).name == "protocol_range");
  BOOST_TEST(c.findings[0].count == 40u);
  BOOST_TEST(row(c.findings[1].rule).name == "protocol_known");
  BOOST_TEST(c.findings[1].count == 1u);
  BOOST_TEST(c.findings[1].got == "EPERM");
}

// gVisor's ping sockets: there are some where Linux refuses them, and FIONREAD answers.
BOOST_AUTO_TEST_CASE(a_socket_that_linux_refuses_is_compared_with_a_near_world) {
  const World world = world_of_release("6.18");
  NearWorlds worlds(context_world(world, *find_context("root")));
  const NearWorlds::Near near = worlds.find(2, 2, 1, Rule::ping_group);
  BOOST_REQUIRE(near.asker != nullptr);
  BOOST_TEST(near.flags == "--sysctl net.ipv4.ping_group_range=\"0 0\"");
  const std::vector<std::string> texts = near.asker->state(2, 2, 1).texts;
  StateTable states;
  StateText state;
  for (size_t i = 0; i < texts.size(); ++i) {
    const Observable& row = observables()[i];
    if (row.deep || texts[i].empty()) continue;
    state.values.emplace_back(states.name_index(row.name),
                              row.name == "FIONREAD" ? std::string("0") : texts[i]);
  }
  const uint32_t index = states.add(state);
  const Answers answers =
      answers_of({{.family = 2, .type = 2, .low = 1, .high = 1, .state = index}}, "root");
  const Comparison c = compared(world, states, answers);
  BOOST_REQUIRE(c.findings.size() == 2u);
  BOOST_TEST(c.findings[0].observable == "errno");
  BOOST_TEST(c.findings[0].near.empty());
  const Finding& f = c.findings[1];
  BOOST_TEST(f.observable == "FIONREAD");
  BOOST_TEST(f.expected == "!ENOTTY");
  BOOST_TEST(f.got == "0");
  BOOST_TEST(f.near == near.flags);
  BOOST_TEST(finding_sentence(c, f).ends_with("where it creates it: with " + near.flags));
  BOOST_TEST(explain_command(c, f).ends_with(" --as root " + near.flags));
  // In a context in which Linux creates it, there is nothing to search for.
  Comparer comparer(world, states);
  comparer.add(answers);
  Answers created = answers;
  created.context = "ping-gid";
  comparer.add(created);
  for (const Finding& finding : comparer.finish({}, {}, true).findings)
    BOOST_TEST(finding.near.empty());
}

// Nobody's plan has it, but a recording may.
BOOST_AUTO_TEST_CASE(runs_of_any_width_are_answered) {
  for (const char* release : {"3.12", "6.18"}) {
    StateTable states;
    const uint32_t index = states.add({});
    const Answers answers = answers_of(
        {{.family = 2, .type = 3, .low = INT32_MIN, .high = INT32_MAX, .state = index}}, "root");
    BOOST_TEST(!compared(world_of_release(release), states, answers).findings.empty());
  }
}

BOOST_AUTO_TEST_CASE(deviations_are_checked_both_ways) {
  Answers answers = raw_as_nobody();
  answers.observations[2].error = kEACCES;
  const Deviation known{"raw_needs_net_raw", "errno",  "EPERM", "EACCES",
                        "a reason",          "a link", "f:1"};
  const Deviation any{"*", "errno", "*", "EACCES", "another", "", "f:2"};
  const Deviation stale{"ping_group", "errno", "EACCES", "success", "gone", "", "f:3"};
  const World world = world_of_release("6.18");
  const Comparison c = compared(world, {}, answers, {known, stale});
  BOOST_TEST(c.unexpected() == 0u);
  BOOST_REQUIRE(c.findings.size() == 1u);
  BOOST_TEST(c.findings[0].known);
  BOOST_TEST(c.findings[0].reason == "a reason");
  BOOST_REQUIRE(c.stale.size() == 1u);
  BOOST_TEST(c.stale[0].where == "f:3");
  BOOST_TEST(compared(world, {}, answers, {any}).unexpected() == 0u);
  // What another version does is neither explained by it nor makes it stale.
  Deviation versioned = known;
  versioned.version = "*, gVisor 2.*|*, gVisor 3.*";
  const StateTable states;
  for (const char* uname : {"Linux, gVisor 2.1", "Linux, gVisor 4"}) {
    Comparer comparer(world, states);
    comparer.add(answers);
    Provenance provenance;
    provenance.uname = uname;
    const Comparison told = comparer.finish(provenance, {versioned}, true);
    BOOST_TEST(told.unexpected() == (std::string_view(uname).back() == '4' ? 1u : 0u), uname);
    BOOST_TEST(told.stale.empty());
  }
  // Where not everything was asked, nothing can be called stale.
  Comparer partial(world, states);
  partial.add(answers);
  BOOST_TEST(partial.finish({}, {known, stale}, false).stale.empty());
}

BOOST_AUTO_TEST_CASE(deviation_files_are_read_strictly) {
  const auto refusal = [](std::string_view text) -> std::string {
    try {
      parse_deviations(text, "x.json");
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  };
  const std::string row =
      R"({"rule":"a","observable":"errno","expected":"b","got":"c","reason":"why","link":"l"})";
  BOOST_TEST(parse_deviations("{\"deviations\":[" + row + "]}", "x.json").at(0).reason == "why");
  BOOST_TEST(refusal("{}") == "x.json: \"causes\" is a list");
  BOOST_TEST(refusal("{\"deviations\":7}") == "x.json: \"deviations\" is a list");
  BOOST_TEST(refusal("{\"deviations\":[{}]}") == "x.json: deviation 1: no \"rule\"");
  BOOST_TEST(refusal(R"({"deviations":[{"rule":"a","observable":"b","expected":"c","got":"d",
                        "reason":""}]})") == "x.json: deviation 1: a deviation has a reason");
  BOOST_TEST(refusal(R"({"deviations":[{"roule":"a"}]})") ==
             "x.json: deviation 1: \"roule\"; accepted: rule observable expected got reason link "
             "date context version");
  const std::string head = R"({"id":"a_cause","sentence":"s","where":"f.c:g","owner":"o")";
  const auto causes = [](const std::string& list) { return "{\"causes\":[" + list + "]}"; };
  const auto read = parse_deviations(
      causes(head + R"(,"link":"l","rows":[{"rule":"a","observable":["b","c"],"expected":"d",
                       "got":"e"},)" +
             row + "]}"),
      "x.json");
  BOOST_REQUIRE(read.size() == 2u);
  BOOST_TEST(read[0].observable == "b|c");
  BOOST_TEST(read[0].reason == "s");
  BOOST_TEST(read[0].link == "l");
  BOOST_TEST(read[1].reason == "why");
  BOOST_TEST(read[1].cause.id == "a_cause");
  BOOST_TEST(read[1].where == "x.json: cause a_cause, row 2");
  BOOST_TEST(refusal(causes("7")) == "x.json: cause 1: a cause is an object");
  BOOST_TEST(refusal(causes(R"({"id":"a"})")) == "x.json: cause 1: no \"sentence\"");
  BOOST_TEST(refusal(causes(R"({"id":"A b","sentence":"s","where":"w","owner":"o"})")) ==
             "x.json: cause 1: \"id\" is made of a-z, 0-9 and _");
  BOOST_TEST(refusal(causes(R"({"id":"a","sentence":"s","where":"w","owner":""})")) ==
             "x.json: cause 1: a cause has a sentence, a where and an owner");
  BOOST_TEST(refusal(causes(head + "}")) ==
             "x.json: cause a_cause: \"rows\" is a list of at least one");
  BOOST_TEST(refusal(causes(head + R"(,"because":1})")) ==
             "x.json: cause 1: \"because\"; accepted: id sentence where owner link rows");
  const std::string whole = head + ",\"rows\":[" + row + "]}";
  BOOST_TEST(refusal(causes(whole + "," + whole)) == "x.json: cause 2: \"a_cause\" is there twice");
  for (const SubjectFile& file : subject_files()) {
    BOOST_CHECK_NO_THROW(deviations_of(file.name));
  }
  BOOST_TEST(!subject_files().empty());
}

BOOST_AUTO_TEST_CASE(what_was_not_checked_is_counted_with_its_reason) {
  Answers answers = raw_as_nobody();
  answers.observations.push_back({.family = 1, .type = 1, .low = 0, .high = 0, .error = kEINVAL});
  answers.left_out.push_back({.family = 2, .type = 5, .low = 0, .high = 9, .reason = "modprobe"});
  const Comparison c = compared(world_of_release("6.18"), {}, answers);
  BOOST_TEST(c.findings.empty());
  BOOST_TEST(c.checked_cases() == 303u);
  BOOST_TEST(c.skipped_cases() == 11u);
  BOOST_TEST(c.skipped.at("the family is outside the model") == 1u);
  BOOST_TEST(c.skipped.at("modprobe") == 10u);
  BOOST_TEST(summary_line(c) == "303 cases checked in 1 context, 11 skipped: 10 modprobe; 1 the "
                                "family is outside the model");
}

BOOST_AUTO_TEST_CASE(a_wrong_view_of_a_fresh_socket_is_found) {
  StateTable states;
  const uint16_t reuse = states.name_index("SO_REUSEADDR");
  const uint16_t protocol = states.name_index("SO_PROTOCOL");
  const uint16_t unheard_of = states.name_index("SO_UNHEARD_OF");
  const uint32_t right = states.add({{{reuse, "1"}, {protocol, "$protocol"}, {unheard_of, "9"}}});
  const uint32_t wrong = states.add({{{reuse, "0"}, {protocol, "$protocol"}}});
  const World world = world_of_release("6.18");
  Answers answers = answers_of(
      {{.family = 2, .type = 3, .low = 1, .high = 262, .error = 0, .state = right}}, "root");
  BOOST_TEST(compared(world, states, answers).findings.empty());
  BOOST_TEST(compared(world, states, answers).values == 2u * 262u);
  BOOST_TEST(compared(world, states, answers).unread.at("are not in the model") == 1u);
  answers.observations[0].state = wrong;
  const Comparison c = compared(world, states, answers);
  BOOST_REQUIRE(c.findings.size() == 1u);
  BOOST_TEST(c.findings[0].observable == "SO_REUSEADDR");
  BOOST_TEST(c.findings[0].expected == "1");
  BOOST_TEST(c.findings[0].got == "0");
  BOOST_TEST(c.findings[0].count == 262u);
  BOOST_TEST(row(c.findings[0].rule).name == "created");
}

BOOST_AUTO_TEST_CASE(a_counter_that_did_not_rest_is_not_compared) {
  StateTable states;
  const uint16_t raw = states.name_index("proc.net.sockstat.RAW");
  const uint32_t state = states.add({{{raw, "!EAGAIN"}}});
  const Comparison c = compared(
      world_of_release("6.18"), states,
      answers_of(
          {{.family = 2, .type = 3, .low = 1, .high = 1, .error = 0, .state = state, .deep = true}},
          "root"));
  BOOST_TEST(c.findings.empty());
  BOOST_TEST(c.unread.at("did not come to rest") == 1u);
}

BOOST_AUTO_TEST_CASE(releases_differ_by_what_is_known_to_have_changed) {
  // The range check of 4.4 (CVE-2015-8543): a raw socket with protocol -1 was created before.
  const auto before = model_subject(world_of_release("4.3"));
  const auto after = model_subject(world_of_release("4.4"));
  const Comparison c =
      compare_recordings(recorded(*before, {"root"}), before->world(), recorded(*after, {"root"}));
  const auto found = std::find_if(c.findings.begin(), c.findings.end(), [](const Finding& f) {
    return f.observable == "errno" && f.expected == "success" && f.got == "EINVAL" &&
           f.smallest.type == 3;
  });
  BOOST_REQUIRE(found != c.findings.end());
  BOOST_TEST(found->low == INT32_MIN);
  BOOST_TEST(found->high == INT32_MAX);
  const auto same = model_subject(world_of_release("4.4"));
  BOOST_TEST(
      compare_recordings(recorded(*after, {"root"}), after->world(), recorded(*same, {"root"}))
          .findings.empty());
}

// 6.16 dropped DCCP: the one cause of every other errno, however many classes. A module that is
// only not loaded is a fact of the world, which is no difference of behaviour.
BOOST_AUTO_TEST_CASE(one_cause_of_a_diff_is_one_change) {
  const auto before = model_subject(world_of_release("6.15"));
  const auto after = model_subject(world_of_release("6.16"));
  Comparison c = compare_recordings(recorded(*before, {"root", "nobody"}), before->world(),
                                    recorded(*after, {"root", "nobody"}));
  explain_differences(c, before->world(), after->world());
  size_t errnos = 0;
  for (const Finding& finding : c.findings) {
    if (finding.observable != "errno") continue;
    ++errnos;
    BOOST_TEST(finding.cause == c.findings.at(0).cause);
  }
  BOOST_TEST(errnos != 0u);
  BOOST_TEST(c.findings.at(0).cause.starts_with("dccp is gone"));
  BOOST_TEST(causes_of(c, false) < c.unexpected());
  BOOST_TEST(ending_text(c).starts_with("differs by "));
  const std::string sentence = finding_sentence(c, c.findings.at(0));
  BOOST_TEST(sentence.starts_with("Linux 6.16 answers "));
  BOOST_TEST(sentence.find("; Linux 6.15 answered ") != std::string::npos);

  World absent = world_of_release("6.15");
  absent.providers[static_cast<size_t>(Provider::sctp)] = Presence::absent;
  const auto without = model_subject(absent);
  Comparison facts = compare_recordings(recorded(*before, {"root"}), before->world(),
                                        recorded(*without, {"root"}));
  explain_differences(facts, before->world(), without->world());
  BOOST_TEST(!facts.findings.empty());
  BOOST_TEST(facts.unexpected() == 0u);
  BOOST_TEST(ending_text(facts) == "the same answers but for 1 fact of the world");
}

// As linux-6.18-host.jsonl has them (net/ipv6/raw.c:rawv6_init_sk): protocols that take one path,
// and whose fresh sockets differ all the same.
BOOST_AUTO_TEST_CASE(a_release_shows_each_protocol_of_a_path) {
  const auto subject = model_subject(world_of_release("6.18"));
  const Recording recording = recorded(*subject, {"root"});
  const auto shown = [&](int32_t protocol) -> std::string {
    for (const Observation& o : recording.contexts.at(0).observations) {
      if (o.deep || o.family != 10 || o.type != 3 || o.low > protocol || o.high < protocol)
        continue;
      for (const auto& [name, text] : recording.states.states().at(o.state).values) {
        if (recording.states.names().at(name) == "IPV6_CHECKSUM") return text;
      }
    }
    return "never asked";
  };
  BOOST_TEST(shown(57) == "-1");
  BOOST_TEST(shown(58) == "2");
  BOOST_TEST(shown(135) == "4");
  BOOST_TEST(shown(136) == "-1");
}

BOOST_AUTO_TEST_CASE(a_diff_counts_what_only_one_side_answered) {
  Recording expected, got;
  expected.provenance.subject = got.provenance.subject = "host";
  expected.contexts = {raw_as_nobody()};
  got.contexts = {raw_as_nobody()};
  got.contexts[0].observations.erase(got.contexts[0].observations.begin());
  got.contexts[0].observations.back().high = 310;
  const Comparison c = compare_recordings(expected, world_of_release("6.18"), got);
  BOOST_TEST(c.findings.empty());
  BOOST_TEST(c.checked_cases() == 301u);
  BOOST_TEST(c.skipped.at("were asked of only one of the two") == 12u);
}

// ---- committed recordings of real kernels
// --------------------------------------------------------

BOOST_AUTO_TEST_CASE(every_committed_recording_agrees_with_the_model) {
  const std::filesystem::path folder = SOCKORACLE_SOURCE_DIR "/corpus/recordings";
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    ++files;
    const auto subject = file_subject(entry.path().string(), {});
    Comparer comparer(subject->world(), subject->states());
    subject->answer({}, [&](Answers&& answers) { comparer.add(answers); });
    const Comparison c =
        comparer.finish(subject->provenance(), deviations_of(subject->provenance().subject), true);
    BOOST_TEST(c.checked_cases() > 0u);
    for (const Finding& f : c.findings) {
      BOOST_TEST(f.known, entry.path().filename()
                              << ": " << call_text(f.smallest) << " as " << f.contexts.front()
                              << ": " << finding_sentence(c, f));
    }
    for (const Deviation& stale : c.stale) BOOST_TEST(false, "stale: " << stale.where);
  }
  BOOST_TEST(files > 0u);
}

// The witness of each rule: a real kernel, in a recording, answered the named case as cases.def
// says. The one in a virtual machine was asked in every context.
BOOST_AUTO_TEST_CASE(each_named_case_was_seen_on_a_real_kernel) {
  for (const char* name : {"linux-6.18-host.jsonl", "linux-6.18.jsonl"}) {
    const bool every_context = std::string_view(name) == "linux-6.18.jsonl";
    const Recording recording =
        read_recording(std::string(SOCKORACLE_SOURCE_DIR "/corpus/recordings/") + name);
    for (const NamedCase& named : named_cases()) {
      Call call;
      CallError error;
      BOOST_REQUIRE(parse_call(named.call, &call, &error));
      for (const Answers& answers : recording.contexts) {
        if (answers.context != named.context) continue;
        if (!answers.skipped.empty()) {
          BOOST_TEST(!every_context, named.name << " in " << name << ": " << answers.skipped);
          continue;
        }
        std::string seen = "never asked";
        for (const Observation& o : answers.observations) {
          if (!o.deep && o.family == call.family && o.type == call.type && o.low <= call.protocol &&
              call.protocol <= o.high) {
            seen = o.error == 0 ? "0" : outcome_name(o.error);
          }
        }
        BOOST_TEST(seen == named.error, named.name << " in " << name << ": " << seen);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
