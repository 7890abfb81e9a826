// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <array>
#include <type_traits>
#include <version>

#ifndef __cpp_lib_mdspan
// The standard library has none yet: as much of it as the adaptor uses.
namespace stand_in {

template <class I, std::size_t N>
struct dextents {
    using index_type = I;
    std::array<I, N> values{};
    dextents() = default;
    explicit dextents(const std::array<I, N>& given) : values(given) {}
    static constexpr std::size_t rank() noexcept { return N; }
    [[nodiscard]] I extent(std::size_t axis) const noexcept { return values[axis]; }
};

struct layout_stride {
    template <class Extents>
    class mapping {
    public:
        using index_type = typename Extents::index_type;
        mapping(const Extents& extents, const std::array<index_type, Extents::rank()>& strides)
            : extents_(extents), strides_(strides) {}
        static constexpr bool is_always_strided() noexcept { return true; }
        [[nodiscard]] const Extents& extents() const noexcept { return extents_; }
        [[nodiscard]] index_type stride(std::size_t axis) const noexcept { return strides_[axis]; }

    private:
        Extents extents_;
        std::array<index_type, Extents::rank()> strides_;
    };
};

template <class T, class Extents, class Layout>
class mdspan {
public:
    using element_type = T;
    using extents_type = Extents;
    using mapping_type = typename Layout::template mapping<Extents>;
    mdspan(T* data, const mapping_type& mapping) : data_(data), mapping_(mapping) {}
    static constexpr std::size_t rank() noexcept { return Extents::rank(); }
    [[nodiscard]] T* data_handle() const noexcept { return data_; }
    [[nodiscard]] auto extent(std::size_t axis) const noexcept { return mapping_.extents().extent(axis); }
    [[nodiscard]] auto stride(std::size_t axis) const noexcept { return mapping_.stride(axis); }

private:
    T* data_;
    mapping_type mapping_;
};

}  // namespace stand_in
#define MEMDATA_MDSPAN_NAMESPACE stand_in
#endif

#include "expect.hpp"
#include "memdata/base/mdspan.hpp"

namespace memdata::testing {
namespace {

template <class T, int N>
void expect_there_and_back(const NdView<T, N>& view) {
    const auto span = to_mdspan(view);
    static_assert(decltype(span)::rank() == static_cast<std::size_t>(N));
    EXPECT_EQ(span.data_handle(), view.data());
    const NdView<T, N> back = from_mdspan(span);
    EXPECT_EQ(back.data(), view.data());
    EXPECT_EQ(back.extents(), view.extents());
    for (int axis = 0; axis < N; ++axis) {
        EXPECT_GT(span.stride(static_cast<std::size_t>(axis)), 0);
        if (view.extent(axis) > 1 && !view.empty()) {
            EXPECT_EQ(back.stride(axis), view.stride(axis));
        }
    }
}

TEST(Mdspan, there_and_back) {
    std::array<double, 24> data{};
    expect_there_and_back(NdView<double, 2>(data.data(), {4, 6}));
    expect_there_and_back(NdView<const double, 3>(data.data(), {4, 3, 2}));
    expect_there_and_back(NdView<double, 2>(data.data(), {6, 4}, {1, 6}));
    expect_there_and_back(NdView<double, 2>(data.data(), {4, 6}).subview(1, 2, 3));
    expect_there_and_back(NdView<double, 2>(data.data(), {1, 6}, {0, 1}));
    expect_there_and_back(NdView<double, 3>(data.data(), {3, 0, 2}));
    expect_there_and_back(NdView<double, 0>(data.data(), {}));
}

TEST(Mdspan, strides_that_it_cannot_have) {
    std::array<float, 6> data{};
    const auto to = [](const NdView<float, 1>& view) { static_cast<void>(to_mdspan(view)); };
    EXPECT_NE(message_of<ShapeError>([&] { to({data.data() + 5, {6}, {-1}}); }).find("negative"), std::string::npos);
    EXPECT_NE(message_of<ShapeError>([&] { to({data.data(), {6}, {0}}); }).find("zero"), std::string::npos);
}

}  // namespace
}  // namespace memdata::testing
