// Appends to a linked list from its head, and logs each thousandth item: every item costs more than the one before.
#include "case.h"
struct item { struct item *next; long key; };
int main(void) {
    struct item *head = NULL;
    FILE *out = fopen("items.log", "w");
    say("process %d", getpid());
    say("ready");
    for (long n = 0;; n++) {
        struct item **at = &head;
        while (*at) at = &(*at)->next;
        *at = calloc(1, sizeof **at);
        (*at)->key = n;
        if (n % 20 == 0) fprintf(out, "item %ld of the list is stored\n", n), fflush(out);
    }
}
