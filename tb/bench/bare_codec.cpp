// SPDX-License-Identifier: Apache-2.0
// The floor of simulation speed: compressor and decompressor in a loop, in a plain C++ loop, fed with the batch that the
// environment left in groups.bin and descriptors.bin. No cocotb, no Python, no checks but the count of groups. Prints cycles
// and seconds of processor time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "Vbare.h"
#include "bare.h"
#include "verilated.h"

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: bare GROUP_FILE DESCRIPTOR_FILE SECONDS\n");
        return 2;
    }
    const double limit = std::atof(argv[3]);

    VerilatedContext context;
    Vbare top(&context);
    constexpr size_t group_words = words_of(sizeof(top.s_axis_tdata) + 4);  // 32 bits of control below the values
    const auto groups = to_words(read_file(argv[1]), sizeof(top.s_axis_tdata) + 4);
    const auto descriptors = to_words(read_file(argv[2]), 8);
    const size_t count = groups.size() / group_words, tensors = descriptors.size() / 2;
    size_t group = 0, tensor = 0;

    auto offer_group = [&] {
        const uint32_t* record = &groups[group * group_words];
        set_words(top.s_axis_tdata, record + 1);
        top.s_axis_tkeep = record[0] & 0xffff;
        top.s_axis_tuser = record[0] >> 16 & 0xff;
        top.s_axis_tlast = record[0] >> 24 & 1;
        group = (group + 1) % count;
    };
    auto offer_descriptor = [&] {
        top.s_desc_tdata = uint64_t(descriptors[2 * tensor + 1]) << 32 | descriptors[2 * tensor];
        tensor = (tensor + 1) % tensors;
    };
    auto tick = [&] {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
    };

    top.rst = 1;
    top.s_axis_tvalid = 0;
    top.s_desc_tvalid = 0;
    top.m_axis_tready = 1;
    tick();
    tick();
    top.rst = 0;
    top.s_axis_tvalid = 1;
    top.s_desc_tvalid = 1;
    offer_group();
    offer_descriptor();
    top.eval();

    uint64_t cycles = 0, delivered = 0;
    const std::clock_t begin = std::clock();
    double seconds = 0;
    while (seconds < limit) {
        for (int i = 0; i < 512; ++i, ++cycles) {
            const bool taken = top.s_axis_tready;
            const bool described = top.s_desc_tready;
            delivered += top.m_axis_tvalid;
            tick();
            if (taken) offer_group();
            if (described) offer_descriptor();
            if (taken || described) top.eval();
        }
        seconds = double(std::clock() - begin) / CLOCKS_PER_SEC;
    }
    if (delivered == 0) {
        std::fprintf(stderr, "no group came out\n");
        return 1;
    }
    std::printf("%llu %.6f\n", static_cast<unsigned long long>(cycles), seconds);
    top.final();
    return 0;
}
