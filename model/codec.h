// SPDX-License-Identifier: GPL-2.0-only
// Cases and programs as bytes: what fuzzers mutate and corpora store. Fixed layout, versioned.
// Decoding is total: any bytes are a case (missing ones read as 0, surplus ones are ignored), and
// encode(decode(bytes)) is the canonical form of the bytes.
//
// Not every world fits: at most kTogglesMax behaviours added or removed. encode() drops the rest;
// decode(encode(c)) == c for all others.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/case.h"
#include "model/program.h"

namespace sockoracle {

inline constexpr uint8_t kCodecVersion = 1;
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

// The longest encodings: the length limit for fuzzers.
size_t case_bytes_max();
size_t program_bytes_max();

}  // namespace sockoracle
