// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#include "h5/file_driver.hpp"

#include <H5FDpublic.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <vector>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace memdata::h5 {

namespace {

/// Blocks of a file that is only read: HDF5 asks for metadata a few hundred bytes at a time.
class ReadAhead {
public:
    static constexpr std::size_t block = std::size_t{16} << 10;

    /// Is it a small piece in one block?
    [[nodiscard]] static bool is_for(haddr_t address, std::size_t size) {
        return size <= block / 4 && address / block == (address + size - 1) / block;
    }
    /// Copies the piece, when load(begin of a block, room) has read all of it: as many bytes as there are, or -1.
    template <class Load>
    bool read(haddr_t address, std::size_t size, void* buffer, Load&& load) {
        const haddr_t number = address / block;
        Slot& slot = slots_[number % slots_.size()];
        if (slot.number != number) {
            slot.number = none;
            try {
                slot.bytes.resize(block);
            } catch (const std::bad_alloc&) {
                return false;  // HDF5's C code is no place to throw: the piece is read by itself
            }
            const ssize_t bytes = load(number * block, slot.bytes);
            if (bytes < 0) {
                return false;
            }
            slot.bytes.resize(static_cast<std::size_t>(bytes));
            slot.number = number;
        }
        const std::size_t at = address % block;
        if (slot.bytes.size() < at + size) {
            return false;
        }
        std::memcpy(buffer, slot.bytes.data() + at, size);
        return true;
    }

private:
    static constexpr haddr_t none = std::numeric_limits<haddr_t>::max();
    struct Slot {
        haddr_t number = none;
        std::vector<char> bytes = {};
    };
    std::array<Slot, 32> slots_;
};

/// What HDF5 holds for an open file; its own part comes first.
struct OpenFile {
    H5FD_t base{};
    int fd = -1;
    haddr_t end_of_addresses = 0;
    haddr_t end_of_file = 0;
    FileDriver* driver = nullptr;
    std::optional<ReadAhead> ahead = {};  // when the file is only read
};

OpenFile& ours(H5FD_t* file) { return *reinterpret_cast<OpenFile*>(file); }
const OpenFile& ours(const H5FD_t* file) { return *reinterpret_cast<const OpenFile*>(file); }

/// The driver info in a property list is whom to tell of errors: the FileDriver itself, which outlives all lists. A
/// copy would take memory, and nothing may be thrown through HDF5's C code.
///
/// HDF5 asks an open file for its driver info when it opens another one in the same way: the sources of a virtual
/// dataset. Without an answer they would count as missing, and the fill value be taken for their elements.
void* info_of(H5FD_t* file) { return ours(file).driver; }
void* copy_info(const void* info) { return const_cast<void*>(info); }
herr_t free_info(void*) { return 0; }

H5FD_t* open_file(const char* name, unsigned flags, hid_t access_list, haddr_t) {
    auto* const driver = static_cast<FileDriver*>(const_cast<void*>(H5Pget_driver_info(access_list)));
    std::unique_ptr<OpenFile> file(new (std::nothrow) OpenFile);
    if (driver == nullptr || file == nullptr) {
        if (driver != nullptr) {
            driver->fail("opening it", ENOMEM);
        }
        return nullptr;
    }
    const int mode = ((flags & H5F_ACC_RDWR) != 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC |
                     ((flags & H5F_ACC_CREAT) != 0 ? O_CREAT : 0) | ((flags & H5F_ACC_TRUNC) != 0 ? O_TRUNC : 0) |
                     ((flags & H5F_ACC_EXCL) != 0 ? O_EXCL : 0);
    file->fd = open(name, mode, 0666);
    if (file->fd < 0) {
        driver->fail("open", errno);
        return nullptr;
    }
    struct stat status {};
    if (fstat(file->fd, &status) != 0) {
        driver->fail("fstat", errno);
        close(file->fd);
        return nullptr;
    }
    file->end_of_file = static_cast<haddr_t>(status.st_size);
    file->driver = driver;
    if ((flags & H5F_ACC_RDWR) == 0) {
        file->ahead.emplace();
    }
    return &file.release()->base;
}

herr_t close_file(H5FD_t* file) {
    const std::unique_ptr<OpenFile> owned(&ours(file));
    if (close(owned->fd) != 0) {
        owned->driver->fail("close", errno);
    }
    return 0;
}

herr_t query(const H5FD_t* file, unsigned long* flags) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_POSIX_COMPAT_HANDLE;
    if (file != nullptr && ours(file).driver->makes_room_at_once()) {
        *flags |= H5FD_FEAT_ALLOCATE_EARLY;
    }
    return 0;
}

haddr_t get_end_of_addresses(const H5FD_t* file, H5FD_mem_t) { return ours(file).end_of_addresses; }
herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t, haddr_t end) {
    ours(file).end_of_addresses = end;
    return 0;
}
haddr_t get_end_of_file(const H5FD_t* file, H5FD_mem_t) { return ours(file).end_of_file; }

herr_t get_handle(H5FD_t* file, hid_t, void** handle) {
    *handle = &ours(file).fd;
    return 0;
}

/// Calls transfer(bytes done so far), pread or pwrite, until `size` bytes are done or it ends; how many were?
template <class Transfer>
std::size_t repeat(std::size_t size, Transfer&& transfer) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t now = transfer(done);
        if (now < 0 && errno == EINTR) {
            continue;
        }
        if (now <= 0) {
            break;
        }
        done += static_cast<std::size_t>(now);
    }
    return done;
}

/// As many bytes as there are, or -1.
ssize_t read_at(int fd, haddr_t address, std::size_t size, char* bytes) {
    bool failed = false;
    const std::size_t done = repeat(size, [&](std::size_t at) {
        const ssize_t now = pread(fd, bytes + at, size - at, static_cast<off_t>(address + at));
        failed = now < 0 && errno != EINTR;
        return now;
    });
    return failed ? -1 : static_cast<ssize_t>(done);
}

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* buffer) {
    OpenFile& in = ours(file);
    if (in.driver->only_located(buffer, address, size)) {
        return 0;
    }
    if (in.ahead && ReadAhead::is_for(address, size) &&
        in.ahead->read(address, size, buffer, [&](haddr_t begin, std::vector<char>& room) {
            return read_at(in.fd, begin, room.size(), room.data());
        })) {
        return 0;
    }
    auto* bytes = static_cast<char*>(buffer);
    const ssize_t done = read_at(in.fd, address, size, bytes);
    if (done < 0) {
        in.driver->fail("pread", errno);
        return -1;
    }
    std::memset(bytes + done, 0, size - static_cast<std::size_t>(done));  // beyond the end
    return 0;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, const void* buffer) {
    OpenFile& out = ours(file);
    if (out.driver->only_located(buffer, address, size)) {
        return 0;  // truncate_file() sees to it that the file is long enough
    }
    if (!out.driver->failed()) {
        const auto* bytes = static_cast<const char*>(buffer);
        const std::size_t done = repeat(size, [&](std::size_t at) {
            return pwrite(out.fd, bytes + at, size - at, static_cast<off_t>(address + at));
        });
        if (done < size) {
            out.driver->fail("pwrite", errno);
        }
    }
    out.end_of_file = std::max(out.end_of_file, address + size);
    return 0;
}

herr_t truncate_file(H5FD_t* file, hid_t, hbool_t) {
    OpenFile& out = ours(file);
    if (out.end_of_file != out.end_of_addresses) {
        if (!out.driver->failed() && ftruncate(out.fd, static_cast<off_t>(out.end_of_addresses)) != 0) {
            out.driver->fail("ftruncate", errno);
        }
        out.end_of_file = out.end_of_addresses;
    }
    return 0;
}

/// As the driver sec2 does: so that a file which h5py, say, is writing is not read.
herr_t lock_file(H5FD_t* file, hbool_t for_writing) {
    if (flock(ours(file).fd, (for_writing ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 && errno != ENOSYS && errno != ENOTSUP &&
        errno != ENOLCK) {
        return -1;
    }
    return 0;
}
herr_t unlock_file(H5FD_t* file) {
    flock(ours(file).fd, LOCK_UN);  // closing the file does it, too
    return 0;
}

hid_t driver_id() {
    static const H5FD_class_t description = [] {
        H5FD_class_t d{};
#if H5_VERSION_GE(1, 13, 0)
        d.version = H5FD_CLASS_VERSION;
        d.value = static_cast<H5FD_class_value_t>(512);  // first of those that HDF5 leaves to others
#endif
        d.name = "memdata";
        d.maxaddr = static_cast<haddr_t>(std::numeric_limits<off_t>::max());
        d.fc_degree = H5F_CLOSE_STRONG;  // whatever an exception left open: no file outlives its FileDriver
        d.fapl_size = sizeof(FileDriver);
        d.fapl_get = info_of;
        d.fapl_copy = copy_info;
        d.fapl_free = free_info;
        d.open = open_file;
        d.close = close_file;
        d.query = query;
        d.get_eoa = get_end_of_addresses;
        d.set_eoa = set_end_of_addresses;
        d.get_eof = get_end_of_file;
        d.get_handle = get_handle;
        d.read = read;
        d.write = write;
        d.truncate = truncate_file;
        d.lock = lock_file;
        d.unlock = unlock_file;
        const H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
        std::ranges::copy(map, d.fl_map);
        return d;
    }();
    // Registered once for the process; HDF5 lets go of it at its own end.
    static const hid_t id = h5::check(H5FDregister(&description), "H5FDregister");
    return id;
}

}  // namespace

void FileDriver::use_in(hid_t access_list) {
    h5::check(H5Pset_driver(access_list, driver_id(), this), "H5Pset_driver");
}

void FileDriver::check(const std::string& file, std::string_view doing) const {
    if (failed()) {
        throw IoError(fmt::format("{} '{}' failed in {}: {}", doing, file, call_, std::strerror(error_)),
                      {.file = file});
    }
}

}  // namespace memdata::h5
