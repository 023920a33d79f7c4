# plot.gp - draws what plot.c measured: none.dat, credits.dat and rate.dat, here, into plot.svg.
# `make plot U=06-backpressure` runs both. The colours are M. Okabe's and K. Ito's, "Color Universal
# Design", 2008: they differ for every eye; so do the widths.
set terminal svg size 900,1000 font 'sans-serif,14' background rgb 'white'
set output 'plot.svg'

modes = 'none credits rate'
array colour[3] = ['#D55E00', '#0072B2', '#009E73']
array width[3] = [3, 2, 1.5]
file(n) = word(modes, n).'.dat'

set multiplot layout 3,1
set lmargin 10
set xrange [0:*]
set grid linecolor rgb '#DDDDDD'
set key outside right top samplen 2

set title 'Queue: values accepted and not finished (dotted: still with the source)'
set yrange [0:*]
plot for [n = 1:3] file(n) using 1:2 with lines linewidth width[n] \
         linecolor rgb colour[n] title word(modes, n), \
     for [n = 1:3] file(n) using 1:5 with lines linewidth 1.5 dashtype 3 \
         linecolor rgb colour[n] notitle

set title 'Rate: values offered in the last 100 ms, in a second'
plot for [n = 1:3] file(n) using 1:3 with lines linewidth width[n] \
         linecolor rgb colour[n] title word(modes, n)

set title 'Latency of the value finished last, in ms (log scale)'
set xlabel 'ms'
set logscale y
set yrange [0.1:*]
plot for [n = 1:3] file(n) using 1:($4 > 0 ? $4 / 1000 : NaN) with lines linewidth width[n] \
         linecolor rgb colour[n] title word(modes, n)

unset multiplot
