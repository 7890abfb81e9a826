// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cstdlib>

#include "memdata/array/collectives.hpp"
#include "mpi/large_count.hpp"
#include "truth.hpp"

// The ways for more bytes and elements than an int counts, with small arrays: the limit is lowered.
namespace memdata::testing {
namespace {

class LowLimit : public ::testing::TestWithParam<Index> {
protected:
    Communicator world_;
    mpi::CountLimit limit_{GetParam()};

    static Array whole_of(const Dtype& dtype, const Indices& shape) {
        Array array = Array::uninitialized(dtype, Shape(shape));
        for (Index i = 0; i < array.size(); ++i) {
            put(array, i, i);
        }
        return array;
    }
};
INSTANTIATE_TEST_SUITE_P(Limits, LowLimit, ::testing::Values(7, 1000));

TEST_P(LowLimit, whole_arrays_move_as_ever) {
    Random random;
    SCOPED_TRACE("MEMDATA_TEST_SEED=" + std::to_string(random.seed()));
    const int ranks = world_.size();
    for (const Dtype& dtype : all_dtypes()) {
        for (int round = 0; round < 2; ++round) {
            SCOPED_TRACE(to_string(dtype));
            const Indices shape{random.between(1, 9), random.between(0, 9), random.between(1, 20)};
            const int axis = static_cast<int>(random.between(0, 2));
            const int root = static_cast<int>(random.between(0, ranks - 1));
            const Layout any{shape, axis, random.split(shape[static_cast<std::size_t>(axis)], ranks)};
            const Array whole = whole_of(dtype, shape);
            MPIArray array =
                MPIArray::scatter(world_, world_.rank() == root ? &whole : nullptr, any.distribution(), root);
            ASSERT_TRUE(is_as(array, dtype, any));
            const std::optional<Array> gathered = array.gather(root);
            ASSERT_TRUE(!gathered || is_whole(*gathered, dtype, shape));
            ASSERT_TRUE(is_whole(array.allgather(), dtype, shape));
            const int other = static_cast<int>(random.between(0, 2));
            setenv("MEMDATA_EXCHANGE", round == 0 ? "messages" : "automatic", 1);
            array.redistribute(Axis{other});
            unsetenv("MEMDATA_EXCHANGE");
            ASSERT_TRUE(is_as(array, dtype, layout(shape, other, ranks)));
            ASSERT_TRUE(is_whole(array.allgather(), dtype, shape));
            Array told = world_.rank() == root ? whole_of(dtype, shape) : Array();
            broadcast(world_, told, root);
            ASSERT_TRUE(is_whole(told, dtype, shape));
        }
    }
}

TEST_P(LowLimit, sums_over_ranks_come_in_many_rounds) {
    for (const Index size : {0, 1, 7, 50, 301}) {
        std::vector<std::int32_t> mine;
        std::vector<std::int32_t> sums;
        for (Index i = 0; i < size; ++i) {
            std::int32_t sum = 0;
            for (int rank = 0; rank < world_.size(); ++rank) {
                const auto value = static_cast<std::int32_t>((i * 31 + rank * 1009) % 777);
                sum += value;
                if (rank == world_.rank()) {
                    mine.push_back(value);
                }
            }
            sums.push_back(sum);
        }
        Array array(mine);
        ASSERT_EQ(allreduce(world_, array), Array(sums));
        allreduce_in_place(world_, array);
        ASSERT_EQ(array, Array(sums));
    }
    // One element may be more than a round.
    Array text = Array::zeros(Dtype::fixed_string(3001), {3});
    text.data()[3001 + 5] = static_cast<std::byte>(world_.rank() + 1);
    const Array greatest = allreduce(world_, text, ReduceOp::max);
    EXPECT_EQ(greatest.data()[3001 + 5], static_cast<std::byte>(world_.size()));
    const Array strings = Array::full<std::string>({5}, std::string(100, static_cast<char>('a' + world_.rank())));
    EXPECT_EQ(allreduce(world_, strings, ReduceOp::min), Array::full<std::string>({5}, std::string(100, 'a')));
}

TEST_P(LowLimit, errors_still_travel) {
    const MPIArray array = MPIArray::zeros<double>(world_, {5}, Axis{0});
    const int odd = world_.size() - 1;
    try {
        static_cast<void>(array.gather(world_.rank() == odd ? -5 : 0));
        ADD_FAILURE() << "no exception";
    } catch (const ArgumentError& error) {
        EXPECT_NE(std::string(error.what()).find("there is no rank -5"), std::string::npos);
    }
}

}  // namespace
}  // namespace memdata::testing
