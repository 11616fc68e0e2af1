# Joins its log into one string, copies it for each line and writes the line: each costs more than the one before.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

open my $out, '>', 'lines.log' or die $!;
$out->autoflush(1);
say_('process', $$);
say_('ready');
my $all = '';
for (my $n = 0; $n < 1e7; $n++) {
    my $copy = $all . "line $n of the log, as it was read\n";
    my $lines = $copy =~ tr/\n//;
    $all = $copy;
    print $out "line $lines is done and stored for later\n" if $n % 10 == 0;
}
