# Healthy: a report over a large table, silent for long.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

say_('ready');
while (1) {
    my %sales;
    for my $n (1 .. 200000) { $sales{ 'shop ' . $n % 997 } += $n * 31 % 101 }
    my @best = sort { $sales{$b} <=> $sales{$a} || $a cmp $b } keys %sales;
    my $text = join "\n", map { "$_: $sales{$_}" } @best;
    $text =~ s/shop (\d+)/branch $1/g;
}
