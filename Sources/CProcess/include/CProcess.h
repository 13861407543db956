// What a process that holds keys asks of the kernel.
#pragma once

/// No core dumps, no look into this process's memory by others of the same user, and as much locked memory as the
/// hard limit allows. Each is best effort: none changes what the program does.
void keyway_process_protect(void);

/// Memory that was freed is kept for what comes next, up to 32 MiB at the end of the heap: given back to the kernel after
/// each segment, it costs a page fault for every page of the next one.
void keyway_process_keep_memory(void);

/// On how many processors this process may run; 0 when that cannot be told.
int keyway_process_processors(void);
