// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/base/array.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "base/fault_point.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

namespace {

constexpr std::size_t small_alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20U;
constexpr std::size_t large_block = std::size_t{4} << 20U;

/// What arrays without elements point to.
alignas(small_alignment) std::byte nothing[small_alignment];

/// Made once: every move of an array leaves one behind.
const Shape& no_elements() {
    static const Shape shape{0};
    return shape;
}

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

/// Pages straight from the system, aligned to huge pages. They are zero and not touched: the first touch of
/// small pages costs several times the copy that follows. Null when there is no memory.
std::byte* map_pages(std::size_t bytes) noexcept {
    const std::size_t length = round_up(bytes, huge_page);
    const std::size_t mapped = length + huge_page;  // room to align
    void* const memory = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return nullptr;
    }
    auto* const begin = static_cast<std::byte*>(memory);
    const std::size_t misalignment = reinterpret_cast<std::uintptr_t>(begin) % huge_page;
    const std::size_t head = misalignment == 0 ? 0 : huge_page - misalignment;
    std::byte* const aligned = begin + head;
    if (head > 0) {
        ::munmap(begin, head);
    }
    if (mapped - head > length) {
        ::munmap(aligned + length, mapped - head - length);
    }
    ::madvise(aligned, length, MADV_HUGEPAGE);  // advice: a kernel without huge pages works too
    return aligned;
}

std::byte* allocate_block(std::size_t bytes, bool zero) noexcept {
    if (bytes >= large_block) {
        return map_pages(bytes);
    }
    // Not std::aligned_alloc: it takes ten times as long, which an attribute's few bytes would feel.
    auto* const block = static_cast<std::byte*>(std::malloc(bytes + small_alignment));
    if (block == nullptr) {
        return nullptr;
    }
    const std::size_t shift = small_alignment - reinterpret_cast<std::uintptr_t>(block) % small_alignment;
    std::byte* const data = block + shift;  // at least a byte behind the block's begin
    data[-1] = static_cast<std::byte>(shift);
    if (zero) {
        std::memset(data, 0, bytes);
    }
    return data;
}

void release_block(std::byte* data, std::size_t bytes) noexcept {
    if (bytes >= large_block) {
        ::munmap(data, round_up(bytes, huge_page));
    } else {
        std::free(data - static_cast<std::size_t>(data[-1]));
    }
}

void release_strings(std::byte* data, std::size_t bytes) noexcept {
    std::destroy_n(std::launder(reinterpret_cast<std::string*>(data)), bytes / sizeof(std::string));
    release_block(data, bytes);
}

/// What the machine needs to read an element in place.
std::size_t natural_alignment(const Dtype& dtype) {
    switch (dtype.kind()) {
        case TypeKind::complex64:
        case TypeKind::complex128:
            return dtype.itemsize() / 2;
        case TypeKind::fixed_string:
        case TypeKind::compound:
        case TypeKind::subarray:
        case TypeKind::opaque:
            return 1;  // read byte by byte
        default:
            return dtype.itemsize();
    }
}

void check_native(const Dtype& dtype) {
    if (!dtype.is_native()) {
        throw DtypeError(fmt::format("an array cannot hold {}: only the machine's byte order is possible "
                                     "in memory",
                                     to_string(dtype)),
                         {.dtype = to_string(dtype)});
    }
}

}  // namespace

Array::Array() : shape_(no_elements()), data_(nothing), release_(nullptr) {}

Array::Array(Dtype dtype, Shape shape, std::byte* data, Release release) noexcept
    : dtype_(std::move(dtype)), shape_(std::move(shape)), data_(data), release_(release) {}

Array Array::allocate(const Dtype& dtype, const Shape& shape, bool zero) {
    check_native(dtype);
    const auto bytes = static_cast<std::size_t>(shape.bytes(dtype.itemsize()));
    if (bytes == 0) {
        return {dtype, shape, nothing, nullptr};
    }
    const bool strings = !dtype.is_trivial();  // so are sequences
    // Copies that may throw come before the block that nobody owns yet.
    Array result{dtype, shape, nothing, nullptr};
    faults::point("allocating elements");
    std::byte* const data = allocate_block(bytes, zero);
    if (data == nullptr) {
        throw MemoryError(
            fmt::format("no memory for {} bytes: {} of shape {}", bytes, to_string(dtype), to_string(shape)),
            {.dtype = to_string(dtype)});
    }
    if (strings) {
        std::uninitialized_value_construct_n(reinterpret_cast<std::string*>(data), shape.elements());
    }
    result.data_ = data;
    result.release_ = strings ? release_strings : release_block;
    return result;
}

Array Array::uninitialized(const Dtype& dtype, const Shape& shape) { return allocate(dtype, shape, false); }

Array Array::zeros(const Dtype& dtype, const Shape& shape) { return allocate(dtype, shape, true); }

Array Array::wrap(const Dtype& dtype, const Shape& shape, void* data) {
    check_native(dtype);
    if (!dtype.is_trivial()) {
        throw DtypeError("memory of elements of variable length cannot be wrapped", {.dtype = to_string(dtype)});
    }
    if (shape.bytes(dtype.itemsize()) == 0) {
        return {dtype, shape, nothing, nullptr};
    }
    if (data == nullptr) {
        throw ArgumentError(
            fmt::format("a null pointer cannot be wrapped as {} of shape {}", to_string(dtype), to_string(shape)));
    }
    if (reinterpret_cast<std::uintptr_t>(data) % natural_alignment(dtype) != 0) {
        throw ArgumentError(fmt::format("memory that is not aligned for {} cannot be wrapped", to_string(dtype)));
    }
    return {dtype, shape, static_cast<std::byte*>(data), nullptr};
}

Array::Array(Array&& other) noexcept : data_(nothing), release_(nullptr) {
    std::swap(dtype_, other.dtype_);
    std::swap(shape_, other.shape_);
    std::swap(data_, other.data_);
    std::swap(release_, other.release_);
    try {
        other.shape_ = no_elements();
    } catch (const std::bad_alloc&) {
        // What was moved from is then a scalar, which takes no memory. The move itself must not end the program.
    }
}

Array& Array::operator=(Array&& other) noexcept {
    Array taken(std::move(other));
    std::swap(dtype_, taken.dtype_);
    std::swap(shape_, taken.shape_);
    std::swap(data_, taken.data_);
    std::swap(release_, taken.release_);
    return *this;
}

Array::~Array() { destroy(); }

void Array::destroy() noexcept {
    if (release_ != nullptr) {
        release_(data_, static_cast<std::size_t>(bytes()));
    }
}

Array Array::clone() const {
    Array copy = uninitialized(dtype_, shape_);
    if (!dtype_.is_trivial()) {
        std::ranges::copy(span<std::string>(), copy.span<std::string>().begin());
    } else {
        std::memcpy(copy.data_, data_, static_cast<std::size_t>(bytes()));
    }
    return copy;
}

Array Array::reshaped(const Shape& shape) && {
    check_elements(shape.elements());
    Shape wanted = shape;  // a copy that may throw comes before the move
    Array result = std::move(*this);
    result.shape_ = std::move(wanted);
    return result;
}

Index Array::discardable() const noexcept {
    return release_ == release_block && static_cast<std::size_t>(bytes()) >= large_block ? bytes() : 0;
}

void Array::discard(Index begin, Index end) noexcept {
    if (discardable() == 0) {
        return;
    }
    // The last page is the array's alone, too.
    const std::size_t first = round_up(static_cast<std::size_t>(begin), huge_page);
    const std::size_t last = end == bytes() ? round_up(static_cast<std::size_t>(end), huge_page)
                                            : static_cast<std::size_t>(end) / huge_page * huge_page;
    if (first < last) {
        ::madvise(data_ + first, last - first, MADV_DONTNEED);
    }
}

bool operator==(const Array& a, const Array& b) noexcept {
    if (a.dtype_ != b.dtype_ || a.shape_ != b.shape_) {
        return false;
    }
    if (!a.dtype_.is_trivial()) {
        return std::equal(a.typed<std::string>(), a.typed<std::string>() + a.size(), b.typed<std::string>());
    }
    return std::memcmp(a.data_, b.data_, static_cast<std::size_t>(a.bytes())) == 0;
}

void Array::check_view(bool type_fits, const Dtype& wanted, int ndim) const {
    if (type_fits && ndim == shape_.ndim()) {
        return;
    }
    const std::string message =
        fmt::format("array holds {} of shape {}: cannot be viewed as {} with {} dimension{}", to_string(dtype_),
                    to_string(shape_), to_string(wanted), ndim, ndim == 1 ? "" : "s");
    if (!type_fits) {
        throw DtypeError(message, {.dtype = to_string(dtype_)});
    }
    throw ShapeError(message, {.dtype = to_string(dtype_)});
}

void Array::check_elements(Index wanted) const {
    if (size() != wanted) {
        throw ShapeError(
            fmt::format("shape {} has {} element{}, not {}", to_string(shape_), size(), size() == 1 ? "" : "s", wanted),
            {.dtype = to_string(dtype_)});
    }
}

}  // namespace memdata
