// What a service manager is told of this process: the readiness protocol of sd_notify(3), in which
// a state is one datagram to the socket that the environment names. Nothing of a library is needed.
// One thread.
#pragma once

#include <string_view>

#include "common/result.h"

namespace testamur::node {

inline constexpr std::string_view kServiceReady = "READY=1";
inline constexpr std::string_view kServiceStopping = "STOPPING=1";

// Sends one state to $NOTIFY_SOCKET: a path, or the name of an abstract socket after "@". Without
// that variable nobody waits for it, and nothing is done. Fails when the datagram cannot be sent;
// a manager that waits for it then ends the process when its time is up, so tell the operator.
Status tell_service_manager(std::string_view state);

}  // namespace testamur::node
