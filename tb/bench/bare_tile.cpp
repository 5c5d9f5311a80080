// SPDX-License-Identifier: Apache-2.0
// The floor of simulation speed: a design's core in a plain C++ loop, fed with the batch that the environment left in
// stim.bin and weights.bin. No cocotb, no Python, no checks. Prints cycles and seconds
// of processor time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "Vbare.h"
#include "bare.h"
#include "verilated.h"

int main(int argc, char** argv) {
    if (argc != 7) {
        std::fprintf(stderr, "usage: bare STIM_FILE WEIGHT_FILE SECONDS ADDRESS_BITS STATIC N_HIGH\n");
        return 2;
    }
    const double limit = std::atof(argv[3]);
    const uint32_t address_mask = (1u << std::atoi(argv[4])) - 1;

    VerilatedContext context;
    Vbare top(&context);
    constexpr size_t record_words = words_of(sizeof(top.s_acts) + 8);  // 64 bits of control below the activations
    constexpr size_t weight_words = words_of(sizeof top.wm_data);
    const auto records = to_words(read_file(argv[1]), sizeof(top.s_acts) + 8);
    const auto weights = to_words(read_file(argv[2]), sizeof top.wm_data);
    const size_t count = records.size() / record_words;
    size_t next = 0;

    auto offer = [&] {
        const uint32_t* record = &records[next * record_words];
        set_words(top.s_acts, record + 2);
        top.s_waddr = record[0] & address_mask;
        top.s_n_l = record[0] >> 16 & 15;
        top.s_is_signed = record[0] >> 20 & 1;
        top.s_first = record[0] >> 21 & 1;
        top.s_last = record[0] >> 22 & 1;
        top.s_p_w = record[0] >> 28 | (record[1] & 1) << 4;
        next = (next + 1) % count;
    };
    auto tick = [&] {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
    };

    top.cfg_static = std::atoi(argv[5]);
    top.cfg_n_h = std::atoi(argv[6]);
    top.cfg_slices = 1;
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
    const std::clock_t begin = std::clock();
    double seconds = 0;
    while (seconds < limit) {
        for (int i = 0; i < 512; ++i, ++cycles) {
            const bool taken = top.s_ready;
            const bool read = top.wm_en;
            const uint32_t address = top.wm_addr;
            tick();
            if (read)
                set_words(top.wm_data, &weights[address * weight_words]);
            if (taken) offer();
            if (read || taken) top.eval();
        }
        seconds = double(std::clock() - begin) / CLOCKS_PER_SEC;
    }
    std::printf("%llu %.6f\n", static_cast<unsigned long long>(cycles), seconds);
    top.final();
    return 0;
}
