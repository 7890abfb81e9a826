// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/elements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/byte_order.hpp"

namespace memdata::h5 {

namespace {

/// What HDF5 takes for the elements of variable length; they stay where they are.
std::vector<const char*> string_pointers(const Array& array, const std::string& path) {
    std::vector<const char*> pointers;
    for (const std::string& text : array.span<std::string>()) {
        if (text.find('\0') != std::string::npos) {
            throw DtypeError(fmt::format("'{}' holds a string with a zero byte, which a string of variable length in "
                                         "HDF5 cannot: use fixed strings",
                                         path),
                             {.path = path, .dtype = to_string(array.dtype())});
        }
        pointers.push_back(text.c_str());
    }
    return pointers;
}
std::vector<hvl_t> sequence_pointers(const Array& array) {
    std::vector<hvl_t> pointers;
    for (const std::string& bytes : array.span<std::string>()) {
        pointers.push_back({bytes.size() / array.dtype().base().itemsize(), const_cast<char*>(bytes.data())});
    }
    return pointers;
}

std::string taken(const char* text, const Dtype&) { return text == nullptr ? "" : text; }
std::string taken(const hvl_t& sequence, const Dtype& dtype) {
    return {static_cast<const char*>(sequence.p), sequence.len * dtype.base().itemsize()};
}

/// Reads into pointers of HDF5's; what it allocated goes back to it, also when the read or a copy throws.
template <class Pointer>
void read_pointers(Array& array, hid_t type, hid_t space, const std::function<void(void* buffer)>& read) {
    std::vector<Pointer> pointers(static_cast<std::size_t>(array.size()), Pointer{});
    struct Reclaim {
        hid_t type;
        hid_t space;
        std::vector<Pointer>& pointers;
        ~Reclaim() { H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data()); }
    } const reclaim{type, space, pointers};
    read(pointers.data());
    const auto elements = array.span<std::string>();
    for (std::size_t i = 0; i < pointers.size(); ++i) {
        elements[i] = taken(pointers[i], array.dtype());
    }
}

bool has_bools(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::boolean:
            return true;
        case TypeKind::compound:
            return std::ranges::any_of(dtype.members(), [](const Member& member) { return has_bools(member.dtype); });
        case TypeKind::subarray:
        case TypeKind::sequence:
            return has_bools(dtype.base());
        default:
            return false;
    }
}

/// Of `count` elements; none of them is a string or sequence.
void normalise(const Dtype& dtype, std::byte* elements, Index count) noexcept {
    if (dtype.kind() == TypeKind::subarray) {
        normalise(dtype.base(), elements, count * dtype.dims().elements());
        return;
    }
    for (Index i = 0; i < count; ++i, elements += dtype.itemsize()) {
        if (dtype.kind() == TypeKind::boolean) {
            *elements = *elements == std::byte{0} ? std::byte{0} : std::byte{1};
        }
        for (const Member& member : dtype.members()) {
            if (has_bools(member.dtype)) {
                normalise(member.dtype, elements + member.offset, 1);
            }
        }
    }
}

}  // namespace

void write_elements(const Array& array, const Dtype& file_dtype, const std::string& path,
                    const std::function<void(const void* buffer)>& write) {
    if (array.dtype().is_trivial() && !file_dtype.is_native()) {
        Array swapped = array.clone();
        swap_byte_order(file_dtype, swapped.data(), swapped.size());
        write(swapped.data());
    } else if (array.dtype().is_trivial()) {
        write(array.data());
    } else if (array.dtype().kind() == TypeKind::sequence) {
        write(sequence_pointers(array).data());
    } else {
        write(string_pointers(array, path).data());
    }
}

void read_elements(Array& array, const Dtype& file_dtype, hid_t memory_type, hid_t space,
                   const std::function<void(void* buffer)>& read) {
    if (array.dtype().kind() == TypeKind::variable_string) {
        read_pointers<char*>(array, memory_type, space, read);
        return;
    }
    if (array.dtype().kind() == TypeKind::sequence) {
        read_pointers<hvl_t>(array, memory_type, space, read);
    } else {
        if (array.dtype().kind() == TypeKind::compound) {  // HDF5 leaves gaps between members as they are
            std::memset(array.data(), 0, static_cast<std::size_t>(array.bytes()));
        }
        read(array.data());
        swap_byte_order(file_dtype, array.data(), array.size());
    }
    normalise_bools(array);
}

void normalise_bools(const Dtype& dtype, std::byte* elements, Index count) noexcept {
    if (has_bools(dtype)) {
        normalise(dtype, elements, count);
    }
}

void normalise_bools(Array& array) noexcept {
    const Dtype& dtype = array.dtype();
    if (!has_bools(dtype)) {
        return;
    }
    if (dtype.kind() != TypeKind::sequence) {
        normalise(dtype, array.data(), array.size());
        return;
    }
    for (std::string& bytes : array.span<std::string>()) {
        normalise(dtype.base(), reinterpret_cast<std::byte*>(bytes.data()),
                  static_cast<Index>(bytes.size() / dtype.base().itemsize()));
    }
}

}  // namespace memdata::h5
