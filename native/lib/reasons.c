/* reasons.c: the literal of each reason, as in api/reasons.ts. */
#include "internal.h"

static const char *const names[EBB_REASONS] = {
    [EBB_OK] = "",
    [EBB_EXITED] = "Exited",
    [EBB_NOT_IN_CONTAINER] = "NotInContainer",
    [EBB_EXECED] = "Execed",
    [EBB_LEADER_EXITED] = "LeaderExited",
    [EBB_ZOMBIE] = "Zombie",
    [EBB_KERNEL_THREAD] = "KernelThread",
    [EBB_NOT_A_PROCESS] = "NotAProcess",
    [EBB_SAME_ADDRESS_SPACE] = "SameAddressSpace",
    [EBB_SHARED_ADDRESS_SPACE] = "SharedAddressSpace",
    [EBB_VFORK_CHILD] = "VforkChild",
    [EBB_WRONG_PID_NAMESPACE] = "WrongPidNamespace",
    [EBB_NO_SUCH_PROCESS] = "NoSuchProcess",
    [EBB_TARGET_STUCK] = "TargetStuck",
    [EBB_PERMISSION_DENIED] = "PermissionDenied",
    [EBB_MISSING_SYS_PTRACE] = "MissingSysPtrace",
    [EBB_MISSING_SYS_NICE] = "MissingSysNice",
    [EBB_MISSING_DAC_READ_SEARCH] = "MissingDacReadSearch",
    [EBB_RIGHTS_EXCEEDED] = "RightsExceeded",
    [EBB_SYSTEM_ERROR] = "SystemError",
    [EBB_UNADVISABLE] = "Unadvisable",
    [EBB_GONE] = "Gone",
    [EBB_CHANGED] = "Changed",
    [EBB_BUSY] = "Busy",
    [EBB_DEADLINE] = "Deadline",
    [EBB_CANCELLED] = "Cancelled",
    [EBB_TOO_MANY_MAPPINGS] = "TooManyMappings",
    [EBB_TOO_MANY_PROCESSES] = "TooManyProcesses",
    [EBB_TOO_MANY_HANDLES] = "TooManyHandles",
    [EBB_ADVICE_UNSUPPORTED] = "AdviceUnsupported",
    [EBB_DEGRADED] = "Degraded",
    [EBB_PROTOCOL_ERROR] = "ProtocolError",
    [EBB_RECLAIM_UNAVAILABLE] = "ReclaimUnavailable",
    [EBB_OWN_PROCESS] = "OwnProcess",
};

const char *ebb_reason_name(uint32_t reason) {
  return reason < EBB_REASONS && names[reason] ? names[reason] : "SystemError";
}
