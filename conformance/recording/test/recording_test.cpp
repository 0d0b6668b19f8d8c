// SPDX-License-Identifier: GPL-2.0-only
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/base/text_file.h"
#include "conformance/recording/recording.h"
#include "conformance/recording/recording_sum.h"

using namespace sockoracle;

namespace {

// Two calls that share a line, one that brought modules, one that asked for nothing.
AutoloadAnswers small_autoload() {
  const auto call = [](Presence modules, int32_t type, int32_t protocol, int32_t error) {
    return AutoloadCall{.modules = modules,
                        .family = 2,
                        .type = type,
                        .protocol = protocol,
                        .asked = {},
                        .came = {},
                        .error = error};
  };
  AutoloadAnswers answers;
  answers.aliases = {{"net-pf-10-proto-132", "libcrc32c", "sctp"},
                     {"net-pf-2-proto-132", "libcrc32c", "sctp"}};
  answers.calls = {call(Presence::absent, 1, 17, 93), call(Presence::absent, 1, -33, 93),
                   call(Presence::loadable, 1, 132, 0), call(Presence::loaded, 1, 0, 0)};
  for (AutoloadCall& one : answers.calls) {
    const std::string alias = "net-pf-2-proto-" + std::to_string(one.protocol);
    if (one.protocol != 0) one.asked = {alias + "-type-1", alias};
  }
  answers.calls[2].came = {{"net-pf-2-proto-132", {"libcrc32c", "sctp"}}};
  return answers;
}

Recording small_recording() {
  Recording recording;
  Provenance& facts = recording.provenance;
  facts.subject = "host";
  facts.release = "6.12.43-cloud";
  facts.uname = "Linux #1 SMP x86_64";
  facts.config = {{"MPTCP", "y"}, {"IP_SCTP", "m"}};
  facts.modules = {{"sctp", "loadable"}, {"mptcp", "builtin"}};
  facts.autoload = true;
  facts.protocols = {"TCP", "UDP-Lite"};
  facts.sysctls = {{"net.ipv4.tcp_rmem", "4096 131072 6291456"}};
  facts.lsm = "capability";
  facts.tool = "test";
  StateTable& states = recording.states;
  const uint16_t type = states.name_index("SO_TYPE"), ttl = states.name_index("IP_TTL"),
                 name = states.name_index("system.sockprotoname");
  const uint32_t tcp = states.add({{{type, "1"}, {ttl, "64"}, {name, "TCP"}}});
  const uint32_t raw = states.add({{{type, "3"}, {ttl, "!ENOPROTOOPT"}, {name, "\"RAW\\"}}});
  const uint32_t bare = states.add({{{type, "3"}}});
  Answers root{.context = "root", .skipped = {}, .observations = {}, .left_out = {}};
  root.observations = {
      {.family = 2, .type = 1, .low = 0, .high = 0, .error = 0, .state = tcp},
      {.family = 2, .type = 1, .low = 1, .high = 5, .error = 93},
      {.family = 2, .type = 1, .low = 6, .high = 6, .error = 0, .state = tcp},
      {.family = 2, .type = 3, .low = INT32_MIN, .high = -1, .error = 22},
      {.family = 2, .type = 3, .low = 1, .high = 254, .error = 0, .state = raw},
      {.family = 2, .type = 3, .low = 255, .high = 255, .error = 0, .state = bare},
      {.family = 2, .type = 3, .low = 256, .high = 256, .error = kKilledBySigsys},
      {.family = 2, .type = 1, .low = 0, .high = 0, .error = 0, .state = tcp, .deep = true},
  };
  root.left_out = {
      {.family = 5, .type = 1, .low = 0, .high = 0, .reason = "outside"},
      {.family = 2, .type = 5, .low = 0, .high = 9, .deep = true, .reason = "autoload"}};
  Answers none{
      .context = "cgroup-deny", .skipped = "needs BPF", .observations = {}, .left_out = {}};
  none.skipped_cases = 77;
  recording.contexts = {root, none};
  recording.autoload = small_autoload();
  return recording;
}

// The reason for which the text is refused; empty if it is not.
std::string refusal(const std::string& text, bool check_sum = true) {
  try {
    parse_recording(text, "r.jsonl", check_sum);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin + 1));
    begin = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

// The text with a fresh end line: what a careful forger would write.
std::string with_end(const std::string& body, int64_t lines, int64_t cases) {
  return body + "{\"end\":true,\"lines\":" + std::to_string(lines) +
         ",\"cases\":" + std::to_string(cases) + ",\"sum\":\"" + recording_sum(body) + "\"}\n";
}

std::string header() { return lines_of(recording_text(small_recording())).front(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(recording)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  const Recording before = small_recording();
  const std::string text = recording_text(before);
  const Recording after = parse_recording(text, "r.jsonl");
  BOOST_TEST((after.provenance == before.provenance));
  BOOST_TEST((after.states.names() == before.states.names()));
  BOOST_TEST((after.autoload == before.autoload));
  BOOST_REQUIRE(after.contexts.size() == before.contexts.size());
  for (size_t c = 0; c < after.contexts.size(); ++c) {
    const Answers& a = after.contexts[c];
    const Answers& b = before.contexts[c];
    BOOST_TEST(a.context == b.context);
    BOOST_TEST(a.skipped == b.skipped);
    BOOST_TEST(a.skipped_cases == b.skipped_cases);
    BOOST_TEST((a.left_out == b.left_out));
    BOOST_REQUIRE(a.observations.size() == b.observations.size());
    for (size_t i = 0; i < a.observations.size(); ++i) {
      Observation x = a.observations[i], y = b.observations[i];
      if (x.error == 0 && y.error == 0) {
        BOOST_TEST((after.states.states()[x.state] == before.states.states()[y.state]));
      }
      x.state = y.state = 0;
      BOOST_TEST((x == y), "observation " << i);
    }
  }
  BOOST_TEST(recording_text(after) == text);
}

BOOST_AUTO_TEST_CASE(types_answered_alike_share_a_line) {
  Recording recording = small_recording();
  Answers& root = recording.contexts[0];
  root.observations.clear();
  for (const int32_t type : {16, 17, -1}) {
    root.observations.push_back({.family = 2, .type = type, .low = -1, .high = 3, .error = 22});
  }
  const std::string text = recording_text(recording);
  BOOST_TEST(text.find("{\"world\":\"root\",\"family\":2,\"type\":[16,17,-1],\"protocol\":[[-1,3]],"
                       "\"errno\":\"EINVAL\"}\n") != std::string::npos);
  BOOST_TEST((parse_recording(text, "r").contexts[0].observations == root.observations));
}

BOOST_AUTO_TEST_CASE(calls_that_asked_alike_share_a_line) {
  const std::vector<std::string> lines = lines_of(recording_text(small_recording()));
  const std::vector<std::string> wanted = {
      "{\"aliases\":[[\"net-pf-10-proto-132\",\"libcrc32c\",\"sctp\"],"
      "[\"net-pf-2-proto-132\",\"libcrc32c\",\"sctp\"]]}\n",
      "{\"autoload\":\"absent\",\"family\":2,\"type\":1,\"protocol\":[17,-33],\"asked\":"
      "[\"net-pf-2-proto-$protocol-type-1\",\"net-pf-2-proto-$protocol\"],"
      "\"errno\":\"EPROTONOSUPPORT\"}\n",
      "{\"autoload\":\"loadable\",\"family\":2,\"type\":1,\"protocol\":[132],\"asked\":"
      "[\"net-pf-2-proto-132-type-1\",\"net-pf-2-proto-132\"],"
      "\"came\":{\"net-pf-2-proto-132\":[\"libcrc32c\",\"sctp\"]},\"errno\":null}\n",
      "{\"autoload\":\"loaded\",\"family\":2,\"type\":1,\"protocol\":[0],\"asked\":[],"
      "\"errno\":null}\n"};
  BOOST_TEST(std::vector<std::string>(lines.begin() + 1, lines.begin() + 5) == wanted,
             boost::test_tools::per_element());
  // What only looks alike does not: one asked in another order, one for somebody else's number.
  Recording recording = small_recording();
  std::vector<AutoloadCall>& calls = recording.autoload.calls;
  std::swap(calls[1].asked[0], calls[1].asked[1]);
  calls.insert(calls.begin() + 2, calls[0]);
  calls[2].protocol = 18;
  const std::string text = recording_text(recording);
  BOOST_TEST(lines_of(text).size() == lines.size() + 2);
  const Recording after = parse_recording(text, "r.jsonl");
  BOOST_TEST((after.autoload == recording.autoload));
  BOOST_TEST(recording_text(after) == text);
}

BOOST_AUTO_TEST_CASE(a_recording_without_them_stays_one) {
  Recording recording = small_recording();
  recording.autoload = {};
  const std::string text = recording_text(recording);
  BOOST_TEST(text.find("aliases") == std::string::npos);
  BOOST_TEST(parse_recording(text, "r.jsonl").autoload.calls.empty());
}

BOOST_AUTO_TEST_CASE(refused_are_module_requests_that_no_machine_made) {
  const std::string first = header();
  const auto line = [](const std::string& phase, const std::string& protocol,
                       const std::string& rest = "\"asked\":[],\"errno\":null") {
    return "{\"autoload\":\"" + phase + "\",\"family\":2,\"type\":1,\"protocol\":[" + protocol +
           "]," + rest + "}\n";
  };
  const std::string aliases = "{\"aliases\":[[\"net-pf-10\",\"ipv6\"]]}\n";
  const std::string long_word(65, 'x');
  std::string many = "\"asked\":[\"a\"";
  for (int i = 0; i < 16; ++i) many += ",\"a\"";
  const struct {
    std::string text, reason;
  } rows[] = {
      {line("builtin", "0"), "2: \"autoload\" is absent, loadable or loaded"},
      {line("loaded", ""), "2: \"protocol\" is empty"},
      {line("loaded", "[0,5]"), "2: a 32-bit number is accepted"},
      {line("loaded", "0,0"), "2: family 2, type 1, protocol 0: answered twice"},
      {line("absent", "0") + line("absent", "0"),
       "3: family 2, type 1, protocol 0: answered twice"},
      {line("loaded", "0") + line("absent", "0"),
       "3: \"absent\" comes before the lines above: reordered"},
      {line("absent", "0") + aliases, "3: \"aliases\" comes before \"autoload\": reordered"},
      {aliases + aliases, "3: \"aliases\" twice"},
      {"{\"aliases\":[]}\n", "2: \"aliases\" is empty"},
      {"{\"aliases\":[[\"net-pf-10\"]]}\n", "2: an alias has the modules that it takes"},
      {"{\"aliases\":[\"net-pf-10\"]}\n", "2: names of modules and aliases come as a list"},
      {"{\"aliases\":[[\"$protocol\",\"x\"]]}\n", "2: \"$protocol\" names no alias and no module"},
      {with_end(first + aliases, 2, 0).substr(first.size()),
       "3: \"aliases\" without \"autoload\": lines are missing"},
      {line("absent", "0", "\"asked\":[\"a b\"],\"errno\":null"),
       "2: \"a b\" names no alias and no module"},
      {line("absent", "0", "\"asked\":[\"$type\"],\"errno\":null"),
       "2: \"$type\" names no alias and no module"},
      {line("absent", "0", "\"asked\":[\"" + long_word + "\"],\"errno\":null"),
       "2: \"" + long_word + "\" names no alias and no module"},
      {line("absent", "0", "\"asked\":[1],\"errno\":null"), "2: \"\" names no alias and no module"},
      {line("absent", "0", many + "],\"errno\":null"), "2: more requests than a call makes"},
      {line("absent", "0", "\"errno\":null"), "2: \"asked\" is a list"},
      {line("absent", "0", "\"asked\":[]"), "2: \"errno\" is the name of an errno, or null"},
      {line("absent", "0", "\"asked\":[],\"came\":{\"a\":[\"b\"]},\"errno\":null"),
       "2: \"a\" came, but was not asked for"},
      {line("absent", "0", "\"asked\":[\"a\"],\"came\":{\"a\":[]},\"errno\":null"),
       "2: \"came\" names no module"},
      {line("absent", "0", "\"asked\":[\"a\"],\"came\":{},\"errno\":null"),
       "2: \"came\" is an object: alias and modules"},
      {line("absent", "0,1", "\"asked\":[\"a\"],\"came\":{\"a\":[\"b\"]},\"errno\":null"),
       "2: what \"came\" came by one call"},
      {line("absent", "0", "\"asked\":[],\"world\":\"root\",\"errno\":null"),
       "2: \"world\" is no key here; accepted: autoload family type protocol asked came errno"},
      {"{\"world\":\"root\",\"skipped\":\"x\",\"cases\":1}\n" + line("absent", "0"),
       "3: \"aliases\" and \"autoload\" follow the header: reordered lines"},
      {"{\"state\":0,\"values\":{}}\n" + aliases,
       "3: \"aliases\" and \"autoload\" follow the header: reordered lines"},
  };
  for (const auto& row : rows) BOOST_TEST(refusal(first + row.text) == "r.jsonl:" + row.reason);
}

BOOST_AUTO_TEST_CASE(no_changed_byte_goes_unnoticed) {
  const std::string text = recording_text(small_recording());
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {1, 4, 0x20}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      BOOST_REQUIRE_MESSAGE(!refusal(changed).empty(),
                            "byte " << i << " of " << text.size() << ": " << text.substr(i, 20));
      refusal(changed, false);  // whatever it is, it is survived
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cut_file_is_truncated_wherever_it_ends) {
  const std::string text = recording_text(small_recording());
  for (size_t length = 0; length < text.size(); ++length) {
    const std::string reason = refusal(text.substr(0, length));
    BOOST_REQUIRE_MESSAGE(reason.find("truncated") != std::string::npos, length << ": " << reason);
  }
}

BOOST_AUTO_TEST_CASE(reordered_lines_are_refused) {
  const std::vector<std::string> lines = lines_of(recording_text(small_recording()));
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    std::vector<std::string> swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    BOOST_TEST(!refusal(joined(swapped)).empty(), "lines " << i + 1 << " and " << i + 2);
  }
  std::vector<std::string> twice = lines;
  twice.insert(twice.begin() + 2, twice[2]);
  BOOST_TEST(!refusal(joined(twice)).empty());
}

BOOST_AUTO_TEST_CASE(refusals_name_the_line_and_the_reason) {
  const std::string first = header();
  const struct {
    std::string text, reason;
  } rows[] = {
      {"", "r.jsonl:1: truncated: no end line"},
      {"\n", "r.jsonl:1: not JSON at byte 1; accepted is a recording: "
             "JSON Lines that begin with {\"schema\":\"sockoracle.recording/1\""},
      {"[]\n", "r.jsonl:1: an object is accepted, not a list"},
      {"{}\n", "r.jsonl:1: no recording: the first line has no \"schema\""},
      {"{\"schema\":\"sockoracle.recording/2\"}\n",
       "r.jsonl:1: schema \"sockoracle.recording/2\"; accepted: sockoracle.recording/1"},
      {"{\"schema\":\"sockoracle.recording/1\"}\n", "r.jsonl:1: no \"subject\""},
      {first + first, "r.jsonl:2: a second header"},
      {first + "{\"world\":\"mars\",\"family\":2}\n",
       "r.jsonl:2: world \"mars\" is not in `list worlds`"},
      {first + "{\"world\":\"root\",\"family\":2,\"type\":1,\"protocol\":[0],\"errno\":null,"
               "\"state\":0}\n",
       "r.jsonl:2: \"state\" names a state that did not come before"},
      {first +
           "{\"world\":\"root\",\"family\":2,\"type\":1,\"protocol\":[0],\"errno\":\"EPREM\"}\n",
       "r.jsonl:2: \"errno\" is the name of an errno, or null"},
      {first +
           "{\"world\":\"root\",\"family\":2,\"type\":1,\"protocol\":[5,4],\"errno\":\"EPERM\"}\n",
       "r.jsonl:2: protocols are not ascending: reordered"},
      {first + "{\"world\":\"root\",\"family\":2,\"type\":1,\"protocol\":[[5,4]],\"errno\":"
               "\"EPERM\"}\n",
       "r.jsonl:2: a range of protocols that ends before it begins"},
      {first + "{\"world\":\"root\",\"family\":4294967296,\"type\":1,\"protocol\":[0],\"errno\":"
               "\"EPERM\"}\n",
       "r.jsonl:2: a 32-bit number is accepted, not 4294967296"},
      {first + "{\"world\":\"root\",\"family\":2.5}\n", "r.jsonl:2: a number that is not whole"},
      {first + "{\"world\":\"root\",\"world\":\"root\"}\n", "r.jsonl:2: the key \"world\" twice"},
      {first + "{\"world\":\"ro\\u001b[2Jot\"}\n",
       "r.jsonl:2: a string with bytes that are not printable ASCII"},
      {first + "{\"world\":\"root\",\"surprise\":1,\"family\":2,\"type\":1,\"protocol\":[0],"
               "\"errno\":\"EPERM\"}\n",
       "r.jsonl:2: \"surprise\" is no key here; accepted: world family type protocol deep errno "
       "state"},
      {first + "{\"state\":1,\"values\":{}}\n",
       "r.jsonl:2: state 0 is next: lines are missing or reordered"},
      {first + "{\"state\":0,\"values\":{\"SO_NONSENSE\":\"1\"}}\n",
       "r.jsonl:2: \"SO_NONSENSE\" is not in \"observables\""},
      {first + std::string(100000, '[') + "\n", "r.jsonl:2: nested too deeply"},
      {with_end(first, 1, 0) + "{}\n", "r.jsonl:3: something follows the end line"},
      {with_end(first, 2, 0), "r.jsonl:2: 2 lines were written, 1 are here"},
      {with_end(first, 1, 5), "r.jsonl:2: 5 cases were written, 0 are here"},
  };
  for (const auto& row : rows) BOOST_TEST(refusal(row.text) == row.reason);
}

BOOST_AUTO_TEST_CASE(a_question_answered_twice_is_refused) {
  const std::string line =
      "{\"world\":\"root\",\"family\":2,\"type\":1,\"protocol\":[[0,9]],\"errno\":\"EPERM\"}\n";
  const std::string other =
      "{\"world\":\"root\",\"family\":2,\"type\":1,\"protocol\":[9],\"errno\":\"EACCES\"}\n";
  BOOST_TEST(refusal(with_end(header() + line, 2, 10)).empty());
  BOOST_TEST(refusal(with_end(header() + line + other, 3, 11)).find("answered twice") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(small_hostile_files_do_not_grow_in_memory) {
  // Each state copies the one before and changes one value: quadratic, if it were allowed.
  std::string names, all;
  for (int i = 0; i < 1000; ++i) {
    names += (i ? ",\"n" : "\"n") + std::to_string(i) + "\"";
    all += (i ? ",\"n" : "\"n") + std::to_string(i) + "\":\"v\"";
  }
  std::string text = header();
  text.replace(text.find("\"observables\":["), std::string::npos,
               "\"observables\":[" + names + "]}\n");
  text += "{\"state\":0,\"values\":{" + all + "}}\n";
  for (int i = 1; i < 5000; ++i) {
    text += "{\"state\":" + std::to_string(i) + ",\"like\":0,\"values\":{\"n0\":\"" +
            std::to_string(i) + "\"}}\n";
  }
  BOOST_TEST(refusal(text).find("more states than anybody can have") != std::string::npos);
  // One line that asks for as much as it may, for each of its protocols.
  std::string calls = "{\"autoload\":\"absent\",\"family\":2,\"type\":1,\"protocol\":[0";
  for (int i = 1; i < 5000; ++i) calls += "," + std::to_string(i);
  BOOST_TEST(refusal(header() + calls + "],\"asked\":[\"$protocol\"],\"errno\":null}\n") ==
             "r.jsonl:2: more calls than anybody is asked");
}

BOOST_AUTO_TEST_CASE(a_release_outside_the_table_is_refused) {
  Recording recording = small_recording();
  recording.provenance.release = "2.6.32";
  BOOST_TEST(refusal(recording_text(recording)) ==
             "r.jsonl:1: release \"2.6.32\" is not in the table, which reaches from 3.12 to 7.3");
}

BOOST_AUTO_TEST_CASE(files_are_replaced_whole_or_not_at_all) {
  char folder[] = "/tmp/sockoracle-recording-test-XXXXXX";
  BOOST_REQUIRE(mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/r.jsonl";
  write_file_atomically(path, "one\n");
  write_file_atomically(path, "two\n");
  BOOST_TEST(load_text(path) == "two\n");
  BOOST_CHECK_THROW(write_file_atomically(std::string(folder) + "/no/r.jsonl", "x"),
                    UnavailableError);
  // A folder stands where the file should go: rename fails, and the temporary file goes.
  BOOST_REQUIRE(mkdir((std::string(folder) + "/d").c_str(), 0700) == 0);
  const auto entries = [&] {
    return std::distance(std::filesystem::directory_iterator(folder),
                         std::filesystem::directory_iterator());
  };
  const auto before = entries();
  BOOST_CHECK_THROW(write_file_atomically(std::string(folder) + "/d", "x"), UnavailableError);
  BOOST_TEST(entries() == before);
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(json_trees_quote_and_read_back) {
  std::string text = "{\"k\":";
  append_quoted(text, "a\"b\\c");
  text += ",\"n\":-9223372036854775808,\"l\":[true,null]}";
  JsonTree tree;
  std::string reason;
  BOOST_REQUIRE_MESSAGE(read_json(text, &tree, &reason), reason);
  BOOST_TEST(tree.find("k")->text == "a\"b\\c");
  BOOST_TEST(tree.find("n")->number == INT64_MIN);
  BOOST_TEST(tree.find("l")->items.size() == 2u);
  BOOST_TEST(tree.find("x") == nullptr);
  BOOST_TEST(!read_json("18446744073709551615", &tree, &reason));
}

BOOST_AUTO_TEST_SUITE_END()
