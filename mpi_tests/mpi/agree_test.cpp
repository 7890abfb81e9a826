// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <climits>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "caught.hpp"
#include "memdata/mpi/agreement.hpp"

namespace memdata::testing {
namespace {

const ErrorContext full_context{.path = "/a/b c/\u00fc",
                                .file = "dir/file.h5",
                                .dtype = "{id: int32, f: float64}",
                                .axis = -3,
                                .rank = {},
                                .holder = "host 1, pid 2"};

struct Case {
    std::string name;
    std::function<void()> fail;
    std::string type;
    std::string message;
    ErrorContext context;
};

template <class E>
Case own(const std::string& name) {
    return {name, [name] { throw E("what went wrong with " + name, full_context); }, memdata_test::type_name(typeid(E)),
            "what went wrong with " + name, full_context};
}

const std::vector<Case>& cases() {
    const std::string general = memdata_test::type_name(typeid(Error));
    const std::string memory = memdata_test::type_name(typeid(MemoryError));
    struct NotStd {};
    struct BadAllocOfItsOwn : std::bad_alloc {};
    static const std::vector<Case> all{
        own<Error>("Error"),
        own<ArgumentError>("ArgumentError"),
        own<PathError>("PathError"),
        own<DtypeError>("DtypeError"),
        own<ShapeError>("ShapeError"),
        own<MismatchError>("MismatchError"),
        own<IoError>("IoError"),
        own<FormatError>("FormatError"),
        own<LockError>("LockError"),
        own<BackendError>("BackendError"),
        own<MemoryError>("MemoryError"),
        {"bad_alloc", [] { throw std::bad_alloc(); }, memory, "not enough memory", {}},
        {"bad_array_new_length", [] { throw std::bad_array_new_length(); }, memory, "not enough memory", {}},
        {"derived bad_alloc", [] { throw BadAllocOfItsOwn(); }, memory, "not enough memory", {}},
        {"length_error", [] { throw std::length_error("too long"); }, general, "too long", {}},
        {"out_of_range", [] { static_cast<void>(std::vector<int>(3).at(7)); }, general, "vector::_M_range_check", {}},
        {"int", [] { throw 1; }, general, "an exception of unknown type", {}},
        {"char*", [] { throw "text"; }, general, "an exception of unknown type", {}},
        {"struct", [] { throw NotStd(); }, general, "an exception of unknown type", {}},
        {"empty message", [] { throw IoError(""); }, memdata_test::type_name(typeid(IoError)), "", {}},
    };
    return all;
}

bool same_context(const ErrorContext& a, const ErrorContext& b) {
    return a.path == b.path && a.file == b.file && a.dtype == b.dtype && a.axis == b.axis && a.holder == b.holder;
}

/// The failing ranks of a round; every rank must get the failure of `first`.
void expect_agreed(const Communicator& world, const Case& one, int first, bool fails_here) {
    const Caught error = caught([&] {
        agree(world, "the step", [&] {
            if (fails_here) {
                one.fail();
            }
        });
    });
    const std::string suffix = world.size() > 1 ? " [rank " + std::to_string(first) + ", the step]" : "";
    EXPECT_EQ(error.type, one.type) << one.name;
    EXPECT_TRUE(error.what.starts_with(one.message)) << error.what;
    EXPECT_TRUE(error.what.ends_with(suffix)) << error.what;
    EXPECT_TRUE(same_context(error.context, one.context)) << one.name;
    EXPECT_EQ(error.context.rank, first) << one.name;
    EXPECT_THROW_ON_ALL(world, throw Error(error.what), Error, one.message) << one.name;
}

TEST(Agree, a_throw_on_each_single_rank_reaches_all) {
    const Communicator world;
    for (const Case& one : cases()) {
        for (int rank = 0; rank < world.size(); ++rank) {
            expect_agreed(world, one, rank, world.rank() == rank);
        }
    }
}

TEST(Agree, of_several_failures_the_first_rank_s_is_told) {
    const Communicator world;
    for (const Case& one : cases()) {
        expect_agreed(world, one, 0, true);
        const int first = world.size() / 2;
        expect_agreed(world, one, first, world.rank() >= first);
    }
    // Each rank fails in another way.
    const Case& mine = cases()[static_cast<std::size_t>(world.rank()) % cases().size()];
    const Caught error = caught([&] { agree(world, "step", mine.fail); });
    EXPECT_EQ(error.type, cases()[0].type);
    EXPECT_EQ(error.context.rank, 0);
    const Caught last = caught([&] {
        agree(world, "step", [&] {
            if (world.rank() > 0 || world.size() == 1) {
                cases()[static_cast<std::size_t>(world.rank())].fail();
            }
        });
    });
    EXPECT_EQ(last.type, cases()[world.size() == 1 ? 0 : 1].type);
}

TEST(Agree, returns_what_the_local_step_returns) {
    const Communicator world;
    EXPECT_EQ(agree(world, "step", [&] { return world.rank(); }), world.rank());
    EXPECT_EQ(*agree(world, "step", [&] { return std::make_unique<int>(world.rank()); }), world.rank());
    struct NoDefault {
        explicit NoDefault(int n) : number(n) {}
        int number;
    };
    EXPECT_EQ(agree(world, "step", [&] { return NoDefault(world.rank() + 5); }).number, world.rank() + 5);
    bool called = false;
    agree(world, "step", [&] { called = true; });
    EXPECT_TRUE(called);
    agree(world, "step", std::exception_ptr());
    EXPECT_EQ(agree(world, "step", [] { return std::vector<std::string>{"a", "b"}; }).size(), 2U);
}

TEST(Agree, a_nested_failure_keeps_the_first_rank_and_message) {
    const Communicator world;
    const int thrower = world.size() - 1;
    const Caught error = caught([&] {
        std::exception_ptr inner;
        try {
            agree(world, "the inner step", [&] {
                if (world.rank() == thrower) {
                    throw LockError("held", {.holder = "somebody"});
                }
            });
        } catch (...) {
            inner = std::current_exception();
        }
        agree(world, "the outer step", inner);  // all ranks hold it now, rank 0 too
    });
    EXPECT_TRUE(is<LockError>(error));
    EXPECT_EQ(error.context.rank, thrower);
    EXPECT_EQ(error.context.holder, "somebody");
    EXPECT_EQ(error.what, world.size() > 1 ? "held [rank " + std::to_string(thrower) + ", the inner step]" : "held");
}

/// A rank that failed between two steps meets the others in the next one, under another name.
TEST(Agree, the_step_is_that_of_the_rank_that_failed) {
    const Communicator world;
    const int thrower = world.size() - 1;
    const Caught error = caught([&] {
        const bool here = world.rank() == thrower;
        agree(world, here ? "cleaning up" : "the next step",
              here ? std::make_exception_ptr(IoError("no room")) : std::exception_ptr());
    });
    EXPECT_EQ(error.what, world.size() > 1 ? "no room [rank " + std::to_string(thrower) + ", cleaning up]" : "no room");
}

TEST(Agree, long_and_odd_texts_arrive_whole) {
    const Communicator world;
    const int thrower = world.size() - 1;
    const std::string text = std::string(2'000'000, 'x') + "\n\t\"\xff\u00e4 end";
    const std::string path = std::string("/with\0zero", 10);
    const Caught error = caught([&] {
        agree(world, std::string(100'000, 's'), [&] {
            if (world.rank() == thrower) {
                throw PathError(text, {.path = path, .axis = INT_MIN});
            }
        });
    });
    EXPECT_TRUE(error.what.starts_with(text));
    EXPECT_EQ(error.context.path, path);
    EXPECT_EQ(error.context.axis, INT_MIN);
    const Caught none = caught([&] {
        agree(world, "step", [&] {
            if (world.rank() == thrower) {
                throw PathError("no axis");
            }
        });
    });
    EXPECT_FALSE(none.context.axis.has_value());
    EXPECT_EQ(none.context.rank, thrower);
}

TEST(Agree, ranks_stay_in_step_after_failures) {
    const Communicator world;
    for (int round = 0; round < 100; ++round) {
        const Caught error = caught([&] {
            agree(world, "step", [&] {
                if (world.rank() == round % world.size()) {
                    throw IoError("round " + std::to_string(round));
                }
            });
        });
        ASSERT_TRUE(error.what.starts_with("round " + std::to_string(round))) << error.what;
        int sum = 0;
        const int one = 1;
        MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, world);
        ASSERT_EQ(sum, world.size());
    }
}

TEST(Agree, concerns_only_the_ranks_of_its_communicator) {
    const Communicator world;
    const Communicator half = world.split(world.rank() % 2);
    const Caught error = caught([&] {
        agree(half, "step", [&] {
            if (world.rank() == 0) {
                throw IoError("on one of the even ranks");
            }
        });
    });
    EXPECT_EQ(error.thrown, world.rank() % 2 == 0);
    world.barrier();
}

// What is passed on as nested in another type is still told by its own.
TEST(Agree, an_exception_keeps_its_place_in_the_hierarchy) {
    const Communicator world;
    EXPECT_THROW_ON_ALL(world, agree(world, "step", [] { throw ShapeError("a shape"); }), Error, "a shape");
    EXPECT_THROW_ON_ALL(world, agree(world, "step", [] { throw std::logic_error("logic"); }), std::runtime_error,
                        "logic");
}

}  // namespace
}  // namespace memdata::testing
