// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <variant>

#include "memdata/array/mpi_array.hpp"
#include "memdata/base/storage.hpp"
#include "memdata/tree/node.hpp"

namespace memdata {

/// A dataset in a tree: common (an Array, the same on every rank) or distributed (an MPIArray). Owned by its
/// group, made by MemGroup::create_dataset.
class MemDataset final : public MemNode {
public:
    [[nodiscard]] bool is_common() const noexcept { return data_.index() == 0; }
    [[nodiscard]] bool is_distributed() const noexcept { return data_.index() == 1; }
    [[nodiscard]] const Dtype& dtype() const noexcept;
    /// The global shape.
    [[nodiscard]] const Shape& shape() const noexcept;

    /// The data of a common dataset; throws PathError when it is distributed.
    [[nodiscard]] Array& common();
    [[nodiscard]] const Array& common() const;
    /// The data of a distributed dataset; throws PathError when it is common.
    [[nodiscard]] MPIArray& distributed();
    [[nodiscard]] const MPIArray& distributed() const;

    /// What this rank holds: its block, or all of a common dataset.
    [[nodiscard]] Array& local() noexcept;
    [[nodiscard]] const Array& local() const noexcept;
    /// A typed view of it. Throws DtypeError or ShapeError, with the path.
    template <Element T, int N>
    [[nodiscard]] NdView<T, N> local() {
        check_view(holds<T>(dtype()), dtype_of<T>(), N);
        return local().template view<T, N>();
    }
    template <Element T, int N>
    [[nodiscard]] NdView<const T, N> local() const {
        check_view(holds<T>(dtype()), dtype_of<T>(), N);
        return local().template view<T, N>();
    }

    /// How the dataset is wished to lie on disk.
    [[nodiscard]] const Storage& storage() const noexcept { return storage_; }
    /// The element type on disk: that of memory, unless the storage says another.
    [[nodiscard]] Dtype file_dtype() const { return storage_.file_dtype.value_or(dtype()); }
    /// The same with automatic chunks chosen, as save() does: for the distribution that the dataset has now.
    [[nodiscard]] Storage storage_on_disk() const;
    /// Throws ArgumentError when it does not fit (Storage::check).
    void set_storage(Storage storage);

    /// Distributes over another axis in place; errors as MPIArray::redistribute, and PathError for a common
    /// dataset. Collective on the tree's communicator.
    void redistribute(Axis axis);

private:
    friend class MemGroup;
    using Data = std::variant<Array, MPIArray>;
    MemDataset(MemGroup* parent, std::string name, Data data, Storage storage);
    void check_view(bool type_fits, const Dtype& wanted, int ndim) const;

    Data data_;
    Storage storage_;
};

}  // namespace memdata
