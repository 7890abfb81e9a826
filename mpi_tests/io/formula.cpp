// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "formula.hpp"

#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

namespace memdata_test {

namespace {

struct Part {
    std::int16_t a;
    std::complex<float> z;
};
struct Source {
    std::int8_t beam;
    double flux;
    std::array<Part, 2> parts;
    memdata::FixedString<5> name;
    bool known;
};

}  // namespace

}  // namespace memdata_test

template <>
struct memdata::Described<memdata_test::Part> {
    static Dtype dtype() {
        return describe<memdata_test::Part>("a", &memdata_test::Part::a, "z", &memdata_test::Part::z);
    }
};
template <>
struct memdata::Described<memdata_test::Source> {
    static Dtype dtype() {
        using memdata_test::Source;
        return describe<Source>("beam", &Source::beam, "flux", &Source::flux, "parts", &Source::parts, "name",
                                &Source::name, "known", &Source::known);
    }
};

namespace memdata_test {

namespace md = memdata;

namespace {

/// Spreads the key over 64 bits.
std::uint64_t mixed(std::uint64_t key) { return (key + 1) * 0x9E3779B97F4A7C15U; }

template <class T>
T number(std::uint64_t key) {
    const std::uint64_t bits = mixed(key);
    if constexpr (std::is_same_v<T, bool>) {
        return bits >> 63U != 0;
    } else if constexpr (std::is_same_v<T, md::Float16>) {
        return md::Float16(static_cast<float>(bits >> 53U) / 64.0F - 16.0F);  // exact
    } else if constexpr (std::is_same_v<T, float>) {
        return static_cast<float>(bits >> 40U) / 1024.0F - 8192.0F;  // exact
    } else if constexpr (std::is_same_v<T, double>) {
        return static_cast<double>(bits >> 11U) / 0x1p40 - 4096.0;  // exact
    } else {
        return static_cast<T>(bits >> (64U - 8U * sizeof(T)));
    }
}

template <class T>
void put(T& target, std::uint64_t key) {
    target = number<T>(key);
}
template <class T>
void put(std::complex<T>& target, std::uint64_t key) {
    target = {number<T>(2 * key), number<T>(2 * key + 1)};
}
void put(std::string& target, std::uint64_t key) {
    target.clear();
    for (std::uint64_t i = 0; i < key % 4; ++i) {
        target += "\xc3\xa9";  // an accented e
    }
    if (key % 7 != 0) {
        target += std::to_string(key);
    }
}

void put_fixed_string(const md::Dtype& dtype, std::byte* at, std::uint64_t key) {
    const std::size_t most = dtype.itemsize() - (dtype.padding() == md::Padding::null_terminated ? 1 : 0);
    const std::size_t length = key % (most + 1);
    std::memset(at, dtype.padding() == md::Padding::space_padded ? ' ' : '\0', dtype.itemsize());
    if (dtype.charset() == md::Charset::ascii) {
        for (std::size_t i = 0; i < length; ++i) {
            at[i] = static_cast<std::byte>('a' + (key + i) % 26);
        }
        return;
    }
    for (std::size_t i = 0; i + 1 < length; i += 2) {  // letters with accents, two bytes each
        at[i] = std::byte{0xC3};
        at[i + 1] = static_cast<std::byte>(0xA0 + (key + i) % 26);
    }
}

/// Are the elements the same, but for the gaps in compounds?
bool same_element(const md::Dtype& dtype, const std::byte* a, const std::byte* b) {
    switch (dtype.kind()) {
        case md::TypeKind::variable_string:
        case md::TypeKind::sequence:
            return *reinterpret_cast<const std::string*>(a) == *reinterpret_cast<const std::string*>(b);
        case md::TypeKind::compound:
            return std::ranges::all_of(dtype.members(), [&](const md::Member& member) {
                return same_element(member.dtype, a + member.offset, b + member.offset);
            });
        case md::TypeKind::subarray: {
            const std::size_t size = dtype.base().itemsize();
            for (std::size_t at = 0; at < dtype.itemsize(); at += size) {
                if (!same_element(dtype.base(), a + at, b + at)) {
                    return false;
                }
            }
            return true;
        }
        default:
            return std::memcmp(a, b, dtype.itemsize()) == 0;
    }
}

/// Calls f(number in the array, number in the whole) for every element of an array that holds `indices`.
template <class F>
void for_each_element(const md::Shape& whole, const Indices& indices, F&& f) {
    const std::vector<md::Index> strides = whole.strides();
    std::vector<std::size_t> position(indices.size(), 0);
    if (std::ranges::any_of(indices, [](const auto& axis) { return axis.empty(); })) {
        return;
    }
    for (md::Index here = 0;; ++here) {
        md::Index flat = 0;
        for (std::size_t axis = 0; axis < indices.size(); ++axis) {
            flat += indices[axis][position[axis]] * strides[axis];
        }
        f(here, flat);
        std::size_t axis = indices.size();
        while (axis > 0 && ++position[axis - 1] == indices[axis - 1].size()) {
            position[--axis] = 0;
        }
        if (axis == 0) {
            return;
        }
    }
}

std::vector<md::Index> counting(md::Index count) {
    std::vector<md::Index> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), md::Index{0});
    return numbers;
}

template <class... E>
std::vector<md::Dtype> listed_types(std::tuple<E...>*) {
    return {md::dtype_of<typename E::type>()...};
}

}  // namespace

md::Dtype inner_type() {
    return md::Dtype::compound({{"a", 0, md::TypeKind::int16}, {"z", 2, md::TypeKind::complex64}}, 10);
}

md::Dtype compound_type() {
    using md::Dtype;
    using md::TypeKind;
    return Dtype::compound({{"id", 0, TypeKind::int32},
                            {"flag", 4, TypeKind::boolean},
                            {"freq", 8, TypeKind::float64},
                            {"name", 16, Dtype::fixed_string(6)},
                            {"vec", 22, Dtype::subarray(TypeKind::float32, {3})},
                            {"inner", 34, inner_type()},
                            {"grid", 44, Dtype::subarray(TypeKind::uint8, {2, 2})}},
                           56);
}

std::vector<md::Dtype> element_types() {
    std::vector<md::Dtype> types = listed_types(static_cast<md::detail::ElementTypes*>(nullptr));
    types.push_back(md::Dtype::fixed_string(1));
    types.push_back(md::Dtype::fixed_string(7));
    types.push_back(md::Dtype::fixed_string(5, md::Charset::utf8, md::Padding::null_terminated));
    types.push_back(md::Dtype::fixed_string(4, md::Charset::ascii, md::Padding::space_padded));
    types.push_back(md::Dtype::variable_string(md::Charset::ascii));
    types.push_back(compound_type());
    const md::Dtype colour = md::Dtype::enumeration(md::TypeKind::int8, {{"red", 0}, {"green", 1}, {"blue", -3}});
    types.push_back(colour);
    types.push_back(md::Dtype::enumeration(md::TypeKind::uint16, {{"low", 1}, {"high", 65535}}));
    types.push_back(md::Dtype::opaque(5));
    types.push_back(md::Dtype::opaque(8, "NUMPY:<M8[us]"));
    types.push_back(md::Dtype::sequence(md::TypeKind::int16));
    types.push_back(md::Dtype::sequence(md::TypeKind::float64));
    types.push_back(md::Dtype::compound({{"half", 0, md::TypeKind::float16},
                                         {"colour", 3, colour},
                                         {"raw", 4, md::Dtype::opaque(3)},
                                         {"flags", 7, md::Dtype::subarray(md::TypeKind::boolean, {2})}},
                                        12));
    types.push_back(md::Dtype::fixed_string(6, md::Charset::utf8));
    types.push_back(md::Dtype::fixed_string(9, md::Charset::utf8, md::Padding::space_padded));
    types.push_back(md::Dtype::fixed_string(8, md::Charset::ascii, md::Padding::null_terminated));
    types.push_back(
        md::Dtype::enumeration(md::TypeKind::int64, {{"low", INT64_MIN}, {"high", INT64_MAX}, {"none", 0}}));
    types.push_back(md::Dtype::enumeration(md::TypeKind::int8, {{"FALSE", 0}, {"TRUE", 1}, {"MAYBE", 2}}));
    types.push_back(md::Dtype::subarray(md::TypeKind::float32, {2, 3}));
    types.push_back(md::Dtype::subarray(md::Dtype::fixed_string(3), {2}));
    types.push_back(md::Dtype::sequence(inner_type()));
    types.push_back(md::dtype_of<Source>());
    return types;
}

Indices all_indices(const md::Shape& shape) {
    Indices all;
    for (const md::Index extent : shape) {
        all.push_back(counting(extent));
    }
    return all;
}

Indices local_indices(const md::MPIArray& array, Indices taken) {
    const auto [start, stop] = array.local_bounds();
    std::vector<md::Index>& axis = taken.at(static_cast<std::size_t>(array.axis()));
    axis = std::vector<md::Index>(axis.begin() + start, axis.begin() + stop);
    return taken;
}

std::uint64_t element_key(const std::string& path, md::Index flat) {
    std::uint64_t salt = 0;
    for (std::size_t i = 0; i < path.size(); ++i) {
        salt += (i + 1) * static_cast<unsigned char>(path[i]);
    }
    return (salt << 20U) + static_cast<std::uint64_t>(flat);
}

void put_element(const md::Dtype& dtype, std::byte* at, std::uint64_t key) {
    switch (dtype.kind()) {
        case md::TypeKind::fixed_string:
            put_fixed_string(dtype, at, key);
            return;
        case md::TypeKind::compound:
            for (std::size_t i = 0; i < dtype.members().size(); ++i) {
                const md::Member& member = dtype.members()[i];
                put_element(member.dtype, at + member.offset, 7 * key + i);
            }
            return;
        case md::TypeKind::enumeration: {
            const std::int64_t value = dtype.enumerators()[(mixed(key) >> 32U) % dtype.enumerators().size()].value;
            std::memcpy(at, &value, dtype.itemsize());  // little-endian
            return;
        }
        case md::TypeKind::opaque:
            for (std::size_t i = 0; i < dtype.itemsize(); ++i) {
                at[i] = static_cast<std::byte>(mixed(key + i) >> 56U);
            }
            return;
        case md::TypeKind::sequence: {
            auto& bytes = *reinterpret_cast<std::string*>(at);
            const std::size_t item = dtype.base().itemsize();
            const bool some = dtype.base().kind() == md::TypeKind::compound;  // h5py 3.7 cannot read none of them
            bytes.assign((some ? 1 + key % 4 : key % 5) * item, '\0');
            for (std::size_t i = 0; i < bytes.size() / item; ++i) {
                put_element(dtype.base(), reinterpret_cast<std::byte*>(bytes.data()) + i * item, 3 * key + i);
            }
            return;
        }
        case md::TypeKind::subarray:
            for (std::size_t i = 0; i < static_cast<std::size_t>(dtype.dims().elements()); ++i) {
                put_element(dtype.base(), at + i * dtype.base().itemsize(), 5 * key + i);
            }
            return;
        default:
            md::visit(dtype, [&]<class T>(std::type_identity<T>) {
                // Members of compounds need not be aligned; strings, which cannot be copied so, never are members.
                if constexpr (std::is_same_v<T, std::string>) {
                    put(*reinterpret_cast<T*>(at), key);
                } else {
                    T value{};
                    put(value, key);
                    std::memcpy(at, &value, sizeof value);
                }
            });
    }
}

void fill(md::Array& array, const std::string& path, const md::Shape& whole, const Indices& indices) {
    const std::size_t itemsize = array.dtype().itemsize();
    for_each_element(whole, indices, [&](md::Index here, md::Index flat) {
        put_element(array.dtype(), array.data() + static_cast<std::size_t>(here) * itemsize, element_key(path, flat));
    });
}

std::string check(const md::Array& array, const std::string& path, const md::Shape& whole, const Indices& indices) {
    std::vector<md::Index> extents;
    for (const auto& axis : indices) {
        extents.push_back(static_cast<md::Index>(axis.size()));
    }
    if (array.shape() != md::Shape(extents)) {
        return path + ": the array has shape " + to_string(array.shape()) + ", not " + to_string(md::Shape(extents));
    }
    md::Array expected = md::Array::zeros(array.dtype(), md::Shape{});
    const std::size_t itemsize = array.dtype().itemsize();
    md::Index wrong = 0;
    md::Index first = 0;
    for_each_element(whole, indices, [&](md::Index here, md::Index flat) {
        put_element(array.dtype(), expected.data(), element_key(path, flat));
        const std::byte* found = array.data() + static_cast<std::size_t>(here) * itemsize;
        if (!same_element(array.dtype(), found, expected.data()) && wrong++ == 0) {
            first = here;
        }
    });
    return wrong == 0 ? ""
                      : path + " of " + to_string(array.dtype()) + " " + to_string(array.shape()) + ": " +
                            std::to_string(wrong) + " wrong elements, the first is number " + std::to_string(first);
}

std::string check(const md::MemDataset& dataset, const md::Shape& whole, const Indices& taken,
                  const std::string& path) {
    const Indices here = dataset.is_distributed() ? local_indices(dataset.distributed(), taken) : taken;
    return check(dataset.local(), path.empty() ? dataset.path() : path, whole, here);
}

std::string check(const md::MemDataset& dataset) {
    return check(dataset, dataset.shape(), all_indices(dataset.shape()));
}

md::MemDataset& create(md::MemGroup& tree, const std::string& path, const md::Dtype& dtype, const md::Shape& shape,
                       md::Placement placement, md::Storage storage, md::Partition partition) {
    const std::string full = md::path::join("/", path);
    const Indices all = all_indices(shape);
    if (!placement) {
        md::Array array = md::Array::zeros(dtype, shape);
        fill(array, full, shape, all);
        return tree.create_dataset(path, std::move(array), std::move(storage));
    }
    const md::Communicator& comm = tree.comm();
    const md::Distribution distribution = partition.parts() > 0
                                              ? md::Distribution(shape, *placement, std::move(partition))
                                              : md::Distribution(shape, *placement, comm.size());
    md::MPIArray array = md::MPIArray::uninitialized(comm, dtype, distribution);
    if (dtype.is_trivial()) {  // no accidental zeros, also not in the gaps
        std::memset(array.local().data(), 0x5A, static_cast<std::size_t>(array.local().bytes()));
    }
    fill(array.local(), full, shape, local_indices(array, all));
    return tree.create_dataset(path, std::move(array), std::move(storage));
}

}  // namespace memdata_test
