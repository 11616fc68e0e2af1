# A supervisor starts a probe five times a second and never waits for one.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

say_('process', $$);
for (my $n = 0;; $n++) {
    if ($n < 100) { fork or exec 'true' }
    say_('ready') if $n == 25;
    nap(0.05);
}
