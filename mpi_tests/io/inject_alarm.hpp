// SPDX-FileCopyrightText: The memdata authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace memdata_test {

/// Ends the job when it lives too long (MEMDATA_INJECT_SECONDS, 60 by default), or when something ends the process
/// while it lives (std::terminate), and says on stderr what this rank was at and where it stands: a hang is found in
/// seconds, and which case it is.
class CaseAlarm {
public:
    explicit CaseAlarm(const std::string& text);
    ~CaseAlarm();
    CaseAlarm(const CaseAlarm&) = delete;
    CaseAlarm& operator=(const CaseAlarm&) = delete;
};

}  // namespace memdata_test
