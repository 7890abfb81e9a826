// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace memdata {

/// What threads may do (MPI_Init_thread).
enum class ThreadLevel { single, funneled, serialized, multiple };

/// Initialises MPI and finalises it; the first object in main. It sees to it that a job never hangs on an
/// exception: one that nobody catches, on any rank, prints the rank and what() on stderr and ends the job
/// (MPI_Abort, exit status 1). One that is caught outside the Environment's scope ends the job likewise, instead of
/// waiting in MPI_Finalize for ranks that are elsewhere: when the program ends, after 5 s at the latest. Writing beyond
/// the file size limit becomes an error instead of a signal (SIGXFSZ is ignored unless the program handles it).
class Environment {
public:
    /// Throws Error when MPI cannot give the thread level. MPI that is initialised already is used and not
    /// finalised.
    Environment(int& argc, char**& argv, ThreadLevel level = ThreadLevel::funneled);
    explicit Environment(ThreadLevel level = ThreadLevel::funneled);
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment();

private:
    bool finalize_ = false;
    int exceptions_ = 0;
};

}  // namespace memdata
