// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "matrix_cases.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "formula.hpp"

namespace memdata_test {

namespace md = memdata;

namespace {

using md::Dtype;
using md::TypeKind;

/// A type that holds every element of another: of more bytes, of another charset, with members in another order.
/// The same type where there is none.
Dtype wider(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::boolean:
        case TypeKind::int8:
        case TypeKind::uint8:
            return TypeKind::int16;
        case TypeKind::int16:
            return TypeKind::int32;
        case TypeKind::int32:
        case TypeKind::uint32:
            return TypeKind::int64;
        case TypeKind::uint16:
            return TypeKind::uint32;
        case TypeKind::float16:
            return TypeKind::float32;
        case TypeKind::float32:
            return TypeKind::float64;
        case TypeKind::complex64:
            return TypeKind::complex128;
        case TypeKind::fixed_string:
            return Dtype::fixed_string(dtype.itemsize() + 3, md::Charset::utf8);
        case TypeKind::variable_string:
            return Dtype::variable_string(dtype.charset() == md::Charset::utf8 ? md::Charset::ascii
                                                                               : md::Charset::utf8);
        case TypeKind::enumeration:
            return wider(dtype.base());
        case TypeKind::subarray:
            return Dtype::subarray(wider(dtype.base()), dtype.dims());
        case TypeKind::sequence:
            return Dtype::sequence(wider(dtype.base()));
        case TypeKind::compound: {
            std::vector<md::Member> members;
            std::size_t size = 0;
            for (std::size_t i = dtype.members().size(); i-- > 0;) {
                const md::Member& member = dtype.members()[i];
                members.push_back({member.name, size, wider(member.dtype)});
                size += members.back().dtype.itemsize();
            }
            return Dtype::compound(std::move(members), size);
        }
        default:
            return dtype;
    }
}

/// A type that holds less.
std::optional<Dtype> narrower(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::float64:
            return TypeKind::float32;
        case TypeKind::complex128:
            return TypeKind::complex64;
        case TypeKind::int64:
            return TypeKind::int16;
        case TypeKind::uint32:
            return TypeKind::uint8;
        default:
            return std::nullopt;
    }
}

/// What szip takes, by the rules of HDF5's manual: numbers of 1, 2, 4 or 8 bytes.
bool suits_szip(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::complex64:
        case TypeKind::complex128:
        case TypeKind::fixed_string:
        case TypeKind::variable_string:
        case TypeKind::sequence:
        case TypeKind::compound:
        case TypeKind::subarray:
        case TypeKind::opaque:
            return false;
        default:
            return true;
    }
}

struct Place {
    std::string name;
    md::Shape shape;
    md::Placement placement;
};

/// Chunks that divide no axis of the long shape.
std::vector<md::Index> chunks_of(const md::Shape& shape) {
    std::vector<md::Index> chunks = {4, 2, 2};
    for (std::size_t axis = 0; axis < chunks.size(); ++axis) {
        chunks[axis] = std::clamp<md::Index>(shape[static_cast<int>(axis)], 1, chunks[axis]);
    }
    return chunks;
}

std::vector<std::pair<std::string, md::Storage>> storages(const Dtype& dtype, const Place& place) {
    if (place.name == "scalar") {
        return {{"contiguous", {}}};
    }
    const std::vector<md::Index> chunks = chunks_of(place.shape);
    const std::vector<md::Filter> packing = {md::Shuffle{}, md::Deflate{5}};
    std::vector<std::pair<std::string, md::Storage>> all = {
        {"contiguous", {}}, {"chunked", {.chunks = chunks}}, {"packed", {.chunks = chunks, .filters = packing}}};
    if (place.name == "few" || place.name == "none") {
        return all;
    }
    all.insert(all.end(), {{"automatic", {.automatic_chunks = true}},
                           {"checked", {.chunks = chunks, .filters = {md::Fletcher32{}}}},
                           {"lzf", {.chunks = chunks, .filters = {md::Lzf{}}}},
                           {"szip", {.chunks = chunks, .filters = {md::Szip{}}}}});
    if (const Dtype big = dtype.with_byte_order(md::ByteOrder::big); !(big == dtype)) {
        all.push_back({"big", {.file_dtype = big}});
        all.push_back({"big_packed", {.chunks = chunks, .filters = packing, .file_dtype = big}});
    }
    if (const Dtype wide = wider(dtype); !(wide == dtype)) {
        all.push_back({"wide", {.file_dtype = wide}});
        all.push_back({"wide_packed", {.filters = packing, .file_dtype = wide}});
    }
    if (const auto narrow = narrower(dtype)) {
        all.push_back({"narrow", {.file_dtype = narrow, .conversion = md::Conversion::lossy}});
        all.push_back(
            {"narrow_chunked", {.chunks = chunks, .file_dtype = narrow, .conversion = md::Conversion::lossy}});
    }
    return all;
}

}  // namespace

md::Partition Case::partition(int ranks) const {
    if (!placement || element_key(path, 0) % 2 == 0) {
        return {};
    }
    // One on the first rank, nothing between, the rest on the last.
    const md::Index extent = shape[placement->value];
    std::vector<md::Index> counts(static_cast<std::size_t>(ranks), 0);
    counts.front() = std::min<md::Index>(1, extent);
    counts.back() += extent - counts.front();
    return md::Partition::from_counts(std::move(counts));
}

std::vector<Case> matrix_cases() {
    const md::Shape shape = {11, 5, 3};  // the last axis has fewer than some numbers of ranks
    const std::vector<Place> places = {{"common", shape, std::nullopt}, {"axis_0", shape, md::Axis{0}},
                                       {"axis_1", shape, md::Axis{1}},  {"axis_2", shape, md::Axis{2}},
                                       {"few", {2, 4, 2}, md::Axis{0}}, {"none", {3, 0, 2}, md::Axis{1}},
                                       {"scalar", {}, std::nullopt}};
    const std::vector<Dtype> types = element_types();
    std::vector<Case> cases;
    for (std::size_t t = 0; t < types.size(); ++t) {
        for (const Place& place : places) {
            for (const auto& [name, storage] : storages(types[t], place)) {
                cases.push_back({"/" + name + "/" + place.name + "/" + std::to_string(t), types[t], place.shape,
                                 place.placement, storage});
                if (name == "checked" && !types[t].is_trivial()) {
                    cases.back().refused = "HDF5 does not filter variable-length data";
                } else if (name == "szip" && !suits_szip(types[t])) {
                    cases.back().refused = "szip takes numbers of 1, 2, 4 or 8 bytes";
                }
            }
        }
    }
    return cases;
}

}  // namespace memdata_test
