# Sleeping: a loop around select with a time limit, and a little work after it.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

say_('ready');
while (1) {
    nap(0.25);
    my $sum = 0;
    $sum += $_ for 1 .. 5000;
}
