// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/space.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace memdata::h5 {

Space make_space(const Shape& shape) {
    if (shape.is_scalar()) {
        return Space(check(H5Screate(H5S_SCALAR), "H5Screate"));
    }
    const std::vector<hsize_t> dims(shape.begin(), shape.end());
    return Space(check(H5Screate_simple(shape.ndim(), dims.data(), nullptr), "H5Screate_simple"));
}

Space make_null_space() { return Space(check(H5Screate(H5S_NULL), "H5Screate")); }

Shape read_shape(hid_t space, const std::function<std::string()>& path) {
    const auto context = [&] { return ErrorContext{.path = path()}; };
    std::array<hsize_t, H5S_MAX_RANK> dims{};
    const int ndim =
        check(H5Sget_simple_extent_dims(space, dims.data(), nullptr), "H5Sget_simple_extent_dims", context);
    if (ndim == 0) {
        return {};
    }
    try {
        return Shape(std::vector<Index>(dims.begin(), dims.begin() + ndim));
    } catch (const ShapeError& error) {
        throw FormatError(fmt::format("'{}' has an impossible shape: {}", path(), error.what()), context());
    }
}

void select(hid_t space, const ResolvedSelection& selection) {
    const std::size_t ndim = selection.axes.size();
    if (ndim == 0) {
        return;  // a scalar is taken whole
    }
    check(H5Sselect_none(space), "H5Sselect_none");
    if (selection.shape().elements() == 0) {
        return;
    }
    std::vector<std::vector<IndexRange>> runs;
    for (const AxisIndices& axis : selection.axes) {
        runs.push_back(axis.runs());
    }
    // Every combination of one run an axis is a regular hyperslab; their union is the selection.
    std::vector<std::size_t> choice(ndim, 0);
    std::vector<hsize_t> start(ndim);
    std::vector<hsize_t> stride(ndim);
    std::vector<hsize_t> count(ndim);
    bool first = true;
    while (true) {
        for (std::size_t axis = 0; axis < ndim; ++axis) {
            const IndexRange& run = runs[axis][choice[axis]];
            start[axis] = static_cast<hsize_t>(run.start);
            stride[axis] = static_cast<hsize_t>(run.step);
            count[axis] = static_cast<hsize_t>(run.count);
        }
        check(H5Sselect_hyperslab(space, first ? H5S_SELECT_SET : H5S_SELECT_OR, start.data(), stride.data(),
                                  count.data(), nullptr),
              "H5Sselect_hyperslab");
        first = false;
        std::size_t axis = ndim;
        while (axis-- > 0) {
            if (++choice[axis] < runs[axis].size()) {
                break;
            }
            choice[axis] = 0;
        }
        if (axis == static_cast<std::size_t>(-1)) {
            return;
        }
    }
}

}  // namespace memdata::h5
