// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Numbers as a picture, by libpng.
#pragma once

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memdata/memdata.hpp>
#include <string>
#include <vector>

namespace png {

using Colour = std::array<std::uint8_t, 3>;

/// From black (0) by violet, red and orange to pale yellow (1): close to matplotlib's "inferno".
inline Colour colour_of(double value) {
    static constexpr std::array<std::array<double, 3>, 10> points{{{0, 0, 4},
                                                                   {27, 12, 65},
                                                                   {74, 12, 107},
                                                                   {120, 28, 109},
                                                                   {165, 44, 96},
                                                                   {207, 68, 70},
                                                                   {237, 105, 37},
                                                                   {251, 155, 6},
                                                                   {247, 209, 61},
                                                                   {252, 255, 164}}};
    const double place = (value > 0 ? std::min(value, 1.0) : 0.0) * (points.size() - 1);  // NaN is black
    const std::size_t lower = std::min(static_cast<std::size_t>(place), points.size() - 2);
    const double share = place - static_cast<double>(lower);
    Colour colour{};
    for (std::size_t i = 0; i < colour.size(); ++i) {
        colour[i] = static_cast<std::uint8_t>(std::lround(std::lerp(points[lower][i], points[lower + 1][i], share)));
    }
    return colour;
}

/// Writes a matrix as a picture about `width` pixels wide, a square of pixels an element, first row on top; `low`
/// is black, `high` pale yellow. Throws memdata::IoError, and ShapeError for a matrix without elements.
inline void write(const std::string& file, memdata::NdView<const double, 2> matrix, double low, double high,
                  int width = 800) {
    if (matrix.empty()) {
        throw memdata::ShapeError("there is nothing to draw: the matrix has no elements");
    }
    const auto rows = static_cast<std::size_t>(matrix.extent(0));
    const auto columns = static_cast<std::size_t>(matrix.extent(1));
    const auto side = static_cast<std::size_t>(std::max(1L, std::lround(width / static_cast<double>(columns))));
    std::vector<std::uint8_t> pixels;
    pixels.reserve(rows * columns * side * side * 3);
    for (std::size_t y = 0; y < rows * side; ++y) {
        for (std::size_t x = 0; x < columns * side; ++x) {
            const double value = matrix(y / side, x / side);
            const Colour colour = colour_of(high > low ? (value - low) / (high - low) : 0.0);
            pixels.insert(pixels.end(), colour.begin(), colour.end());
        }
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(columns * side);
    image.height = static_cast<png_uint_32>(rows * side);
    image.format = PNG_FORMAT_RGB;
    if (png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, nullptr) == 0) {
        throw memdata::IoError(fmt::format("'{}' cannot be written: {}", file, image.message), {.file = file});
    }
}

}  // namespace png
