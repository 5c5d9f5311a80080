// SPDX-License-Identifier: Apache-2.0
// What the bare loops share: files of big-endian records as little-endian 32-bit words, and ports of any width.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <type_traits>
#include <vector>

namespace {

using Bytes = std::vector<unsigned char>;

Bytes read_file(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", path);
        std::exit(2);
    }
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

// A record of a file is one big-endian number; as little-endian 32-bit words, the way Verilator keeps wide values.
std::vector<uint32_t> to_words(const Bytes& bytes, size_t record) {
    std::vector<uint32_t> words;
    for (size_t base = 0; base + record <= bytes.size(); base += record)
        for (size_t end = record; end > 0; end -= end < 4 ? end : 4) {
            uint32_t word = 0;
            for (size_t at = end < 4 ? 0 : end - 4; at < end; ++at) word = word << 8 | bytes[base + at];
            words.push_back(word);
        }
    return words;
}

constexpr size_t words_of(size_t bytes) { return (bytes + 3) / 4; }

// The configuration decides how wide a port is: up to 64 bits it is an integer, beyond an array of words.
template <class Port>
void set_words(Port& port, const uint32_t* words) {
    if constexpr (!std::is_integral_v<Port>)
        for (size_t i = 0; i < words_of(sizeof port); ++i) port[i] = words[i];
    else if constexpr (sizeof port > 4)
        port = uint64_t(words[1]) << 32 | words[0];
    else
        port = static_cast<Port>(words[0]);
}

}  // namespace
