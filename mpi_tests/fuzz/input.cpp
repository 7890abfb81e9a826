// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <utility>
#include <vector>

#include "targets.hpp"

namespace memdata_fuzz {

namespace md = memdata;

md::Index Input::index() {
    const auto byte = static_cast<signed char>(bits(1));
    return byte == 127 ? static_cast<md::Index>(bits(8)) : byte;
}

std::string Input::text() {
    const std::size_t size = std::min<std::size_t>(bits(1), rest_.size());
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
}

md::Shape Input::shape(int most_axes) {
    std::vector<md::Index> extents(static_cast<std::size_t>(below(most_axes + 1)));
    for (md::Index& extent : extents) {
        const md::Index any = index();
        extent = any > -100 && any < 0 ? -any : any;  // most are possible
    }
    return md::Shape(std::move(extents));
}

md::Dtype Input::nested_dtype(int kind, int depth) {
    switch (kind) {
        case 0: {
            std::vector<md::Member> members(static_cast<std::size_t>(below(5)));
            std::size_t end = 0;
            for (md::Member& member : members) {
                member.name = text();
                member.dtype = dtype(depth + 1);
                member.offset = end + static_cast<std::size_t>(below(4));
                end = coin() ? member.offset + member.dtype.itemsize() : static_cast<std::size_t>(bits(2));
            }
            return md::Dtype::compound(std::move(members), end + static_cast<std::size_t>(below(4)));
        }
        case 1: {
            const md::Dtype base = dtype(depth + 1);
            return md::Dtype::subarray(base, shape(3));
        }
        case 2:
            return md::Dtype::sequence(dtype(depth + 1));
        default: {
            const md::Dtype base = dtype(depth + 1);
            std::vector<md::Enumerator> names(static_cast<std::size_t>(below(5)));
            for (md::Enumerator& name : names) {
                name.name = text();
                name.value = index();
            }
            return md::Dtype::enumeration(base, std::move(names));
        }
    }
}

md::Dtype Input::dtype(int depth) {
    const int choice = below(depth < 6 ? 22 : 18);
    if (choice >= 18) {
        return nested_dtype(choice - 18, depth);
    }
    const auto size = [&] { return static_cast<std::size_t>(coin() ? bits(5) : bits(1)); };
    const auto charset = [&] { return coin() ? md::Charset::utf8 : md::Charset::ascii; };
    if (choice == 17) {
        const std::size_t bytes = size();
        return md::Dtype::opaque(bytes, text());
    }
    if (choice == 16) {
        const std::size_t bytes = size();
        const md::Charset letters = charset();
        return md::Dtype::fixed_string(bytes, letters, static_cast<md::Padding>(below(3)));
    }
    if (choice == 15) {
        return md::Dtype::variable_string(charset());
    }
    const md::Dtype plain(static_cast<md::TypeKind>(std::min(choice, static_cast<int>(md::TypeKind::complex128))));
    return plain.with_byte_order(coin() ? md::ByteOrder::big : md::ByteOrder::little);
}

}  // namespace memdata_fuzz
