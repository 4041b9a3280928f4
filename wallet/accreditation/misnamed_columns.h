// Columns of a register of reports that nobody reads, and whose names say that they were meant to
// be read: what stands in them would be lost without a word, and the accreditation count for longer
// or for more than the report says. Pure; any thread.
#pragma once

#include "common/result.h"
#include "wallet/accreditation/report.h"

namespace testamur::wallet {

// Fails where a column has a name that is read but for case, points, underscores, numbers or a few
// letters; where no column is read as the last day and one seems to hold it, in whatever language;
// and where one seems to say what a programme is about that counts for everything without it. The
// message names the column as it stands in the file.
Status refuse_misnamed_columns(const ReportReading& reading);

}  // namespace testamur::wallet
