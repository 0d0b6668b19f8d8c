// SPDX-License-Identifier: GPL-2.0-only
// Cases and programs as bytes: what fuzzers mutate and corpora store. Fixed layout, versioned.
// Decoding is total: any bytes are a case (missing ones read as 0, surplus ones are ignored), and
// encode(decode(bytes)) is the canonical form of the bytes, of the newest version.
//
// What is stored keeps its meaning: the first byte is the version, and older ones are read as they
// were written (codec_test has a blob of each). Rows are named by a hash of their names; facts of
// world.def, providers and sysctls that come later go to the end with a version of their own.
//   1   rows by their numbers; one byte for a fault
//   2   releases, and the rows that operations name, by their names; two bytes for a fault
//   3   seccomp_filter
//
// Not every world fits: at most kTogglesMax behaviours added or removed. encode() drops the rest;
// decode(encode(c)) == c for all others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/case.h"
#include "model/program.h"

namespace sockoracle {

inline constexpr uint8_t kCodecVersion = 3;
inline constexpr size_t kTogglesMax = 4;

Case decode_case(std::span<const uint8_t> bytes);
std::vector<uint8_t> encode_case(const Case& c);
Program decode_program(std::span<const uint8_t> bytes);
std::vector<uint8_t> encode_program(const Program& program);
// The same into `out`, without asking for memory; cut where it is too short. Returns the length.
size_t encode_case(const Case& c, std::span<uint8_t> out);
size_t encode_program(const Program& program, std::span<uint8_t> out);
// Do both store as the same bytes? What an operation does not use is not stored.
bool stored_alike(const Operation& a, const Operation& b);

// The version in the first byte, which decoding is lenient about: nullopt where it is none.
std::optional<uint8_t> stored_version(std::span<const uint8_t> bytes);

// The longest encodings: the length limit for fuzzers.
size_t case_bytes_max();
size_t program_bytes_max();

}  // namespace sockoracle
