// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "memdata/tree/dataset.hpp"

#include <fmt/format.h>

#include "memdata/base/chunk_shape.hpp"
#include "memdata/base/error.hpp"

namespace memdata {

MemDataset::MemDataset(MemGroup* parent, std::string name, Data data, Storage storage)
    : MemNode(false, parent, std::move(name)), data_(std::move(data)), storage_(std::move(storage)) {}

const Dtype& MemDataset::dtype() const noexcept { return local().dtype(); }

const Shape& MemDataset::shape() const noexcept {
    const auto* array = std::get_if<MPIArray>(&data_);
    return array != nullptr ? array->shape() : local().shape();
}

Array& MemDataset::common() { return const_cast<Array&>(std::as_const(*this).common()); }
const Array& MemDataset::common() const {
    if (const auto* array = std::get_if<Array>(&data_)) {
        return *array;
    }
    throw PathError(fmt::format("dataset '{}' is distributed, not common: use distributed() or local()", path()),
                    {.path = path()});
}

MPIArray& MemDataset::distributed() { return const_cast<MPIArray&>(std::as_const(*this).distributed()); }
const MPIArray& MemDataset::distributed() const {
    if (const auto* array = std::get_if<MPIArray>(&data_)) {
        return *array;
    }
    throw PathError(fmt::format("dataset '{}' is common, not distributed: use common() or local()", path()),
                    {.path = path()});
}

Array& MemDataset::local() noexcept { return const_cast<Array&>(std::as_const(*this).local()); }
const Array& MemDataset::local() const noexcept {
    const auto* array = std::get_if<MPIArray>(&data_);
    return array != nullptr ? array->local() : *std::get_if<Array>(&data_);
}

Storage MemDataset::storage_on_disk() const {
    Storage storage = storage_;
    if (storage.wants_automatic_chunks()) {
        const std::size_t itemsize = file_dtype().itemsize();
        if (const auto* array = std::get_if<MPIArray>(&data_)) {
            storage.chunks =
                automatic_chunks(shape(), itemsize, Axis{array->axis()}, array->distribution().partition());
        } else {
            storage.chunks = automatic_chunks(shape(), itemsize);
        }
    }
    storage.automatic_chunks = false;
    return storage;
}

void MemDataset::set_storage(Storage storage) {
    storage.check(dtype(), shape(), path(), is_distributed());
    storage_ = std::move(storage);
}

void MemDataset::check_view(bool type_fits, const Dtype& wanted, int ndim) const {
    const std::string have =
        fmt::format("dataset '{}' holds {} in {} dimensions", path(), to_string(dtype()), shape().ndim());
    if (!type_fits) {
        throw DtypeError(fmt::format("{}: no view as {}", have, to_string(wanted)),
                         {.path = path(), .dtype = to_string(dtype())});
    }
    if (ndim != shape().ndim()) {
        throw ShapeError(fmt::format("{}: no view with {} dimensions", have, ndim), {.path = path()});
    }
}

}  // namespace memdata
