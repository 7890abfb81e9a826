// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "base/number_converter.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "base/convert_element.hpp"

namespace memdata::detail {

namespace {

template <class From>
From load(const std::byte* element) {
    if constexpr (std::same_as<From, bool>) {
        return *element != std::byte{0};  // files may hold other bytes than 0 and 1
    } else {
        From value;
        std::memcpy(&value, element, sizeof value);
        return value;
    }
}

template <class To>
void store(const To& value, std::byte* element) {
    std::memcpy(element, &value, sizeof value);
}

/// Asks once for many elements whether all are exact.
template <class To, class From>
Index convert_exact(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count) {
    constexpr Index chunk = 256;
    for (Index done = 0; done < count; done += chunk) {
        const Index end = std::min(done + chunk, count);
        bool all_exact = true;
        for (Index i = done; i < end; ++i) {
            const std::optional<To> value = exact<To>(load<From>(from + i * from_stride));
            all_exact &= value.has_value();
            store(value.value_or(To{}), to + i * to_stride);
        }
        for (Index i = done; i < end && !all_exact; ++i) {
            if (!exact<To>(load<From>(from + i * from_stride))) {
                return i;
            }
        }
    }
    return count;
}

template <class To, class From>
Index convert_run(const std::byte* from, Index from_stride, std::byte* to, Index to_stride, Index count,
                  Conversion how) {
    if (how == Conversion::exact && !always_exact<To, From>()) {
        return convert_exact<To, From>(from, from_stride, to, to_stride, count);
    }
    if (from_stride == static_cast<Index>(sizeof(From)) && to_stride == static_cast<Index>(sizeof(To))) {
        for (Index i = 0; i < count; ++i) {  // strides known to the compiler: vectorised
            store(lossy<To>(load<From>(from + i * static_cast<Index>(sizeof(From)))),
                  to + i * static_cast<Index>(sizeof(To)));
        }
    } else {
        for (Index i = 0; i < count; ++i) {
            store(lossy<To>(load<From>(from + i * from_stride)), to + i * to_stride);
        }
    }
    return count;
}

}  // namespace

NumberRun number_converter(TypeKind from, TypeKind to) {
    return visit(from, [&]<class From>(std::type_identity<From>) -> NumberRun {
        return visit(to, [&]<class To>(std::type_identity<To>) -> NumberRun {
            if constexpr (std::same_as<From, std::string> || std::same_as<To, std::string>) {
                return nullptr;
            } else {
                return convert_run<To, From>;
            }
        });
    });
}

}  // namespace memdata::detail
