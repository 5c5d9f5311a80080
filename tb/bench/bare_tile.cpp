// SPDX-License-Identifier: Apache-2.0
// The floor of simulation speed: dispatcher, tile and reducer in a plain C++ loop, fed with the batch that the environment
// left in stim.bin and weights.bin. No cocotb, no Python, no checks. Prints cycles and seconds.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "Vbare.h"
#include "verilated.h"

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

// A record of the file is one big-endian number; Verilator keeps wide values as little-endian 32-bit words.
std::vector<uint32_t> to_words(const Bytes& bytes, size_t record) {
    std::vector<uint32_t> words;
    for (size_t base = 0; base + record <= bytes.size(); base += record)
        for (size_t end = record; end > 0; end -= 4) {
            const unsigned char* at = bytes.data() + base + end - 4;
            words.push_back(uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3]);
        }
    return words;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: bare STIM_FILE WEIGHT_FILE SECONDS ADDRESS_BITS\n");
        return 2;
    }
    const double limit = std::atof(argv[3]);
    const uint32_t address_mask = (1u << std::atoi(argv[4])) - 1;

    VerilatedContext context;
    Vbare top(&context);
    constexpr size_t acts_words = sizeof(top.s_acts) / 4;
    constexpr size_t weight_words = sizeof(top.wm_data) / 4;
    const auto records = to_words(read_file(argv[1]), 4 * (acts_words + 1));
    const auto weights = to_words(read_file(argv[2]), 4 * weight_words);
    const size_t count = records.size() / (acts_words + 1);
    size_t next = 0;

    auto offer = [&] {
        const uint32_t* record = &records[next * (acts_words + 1)];
        for (size_t i = 0; i < acts_words; ++i) top.s_acts[i] = record[i + 1];
        top.s_waddr = record[0] & address_mask;
        top.s_n_l = record[0] >> 16 & 15;
        top.s_is_signed = record[0] >> 20 & 1;
        top.s_first = record[0] >> 21 & 1;
        top.s_last = record[0] >> 22 & 1;
        next = (next + 1) % count;
    };
    auto tick = [&] {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
    };

    top.rst = 1;
    top.s_valid = 0;
    top.m_ready = 1;
    tick();
    tick();
    top.rst = 0;
    top.s_valid = 1;
    offer();
    top.eval();

    uint64_t cycles = 0;
    const auto begin = std::chrono::steady_clock::now();
    double seconds = 0;
    while (seconds < limit) {
        for (int i = 0; i < 512; ++i, ++cycles) {
            const bool taken = top.s_ready;
            const bool read = top.wm_en;
            const uint32_t address = top.wm_addr;
            tick();
            if (read)
                for (size_t w = 0; w < weight_words; ++w) top.wm_data[w] = weights[address * weight_words + w];
            if (taken) offer();
            if (read || taken) top.eval();
        }
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    std::printf("%llu %.6f\n", static_cast<unsigned long long>(cycles), seconds);
    top.final();
    return 0;
}
