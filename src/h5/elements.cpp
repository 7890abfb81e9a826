// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/elements.hpp"

#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "h5/types.hpp"

namespace memdata::h5 {

void write_elements(const Array& array, const std::string& path,
                    const std::function<void(hid_t type, const void* buffer)>& write) {
    const Type type = make_type(array.dtype());
    if (array.dtype().is_trivial()) {
        write(type.get(), array.data());
        return;
    }
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
    write(type.get(), pointers.data());
}

void read_elements(Array& array, hid_t space, const std::function<void(hid_t type, void* buffer)>& read) {
    const Type type = make_type(array.dtype());
    if (array.dtype().is_trivial()) {
        if (array.dtype().kind() == TypeKind::compound) {  // HDF5 leaves gaps between members as they are
            std::memset(array.data(), 0, static_cast<std::size_t>(array.bytes()));
        }
        read(type.get(), array.data());
        normalise_bools(array);
        return;
    }
    std::vector<char*> pointers(static_cast<std::size_t>(array.size()), nullptr);
    // What HDF5 allocated goes back to it, also when the read or a copy throws.
    struct Reclaim {
        hid_t type;
        hid_t space;
        std::vector<char*>& pointers;
        ~Reclaim() { H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data()); }
    } const reclaim{type.get(), space, pointers};
    read(type.get(), pointers.data());
    const auto texts = array.span<std::string>();
    for (std::size_t i = 0; i < pointers.size(); ++i) {
        texts[i] = pointers[i] == nullptr ? "" : pointers[i];
    }
}

void normalise_bools(Array& array) noexcept {
    if (array.dtype().kind() == TypeKind::boolean) {
        for (Index i = 0; i < array.size(); ++i) {
            array.data()[i] = array.data()[i] == std::byte{0} ? std::byte{0} : std::byte{1};
        }
    }
}

}  // namespace memdata::h5
