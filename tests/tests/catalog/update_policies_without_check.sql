-- Without an explicit check an update may move a row to where its condition for reading happens to allow it.
select format('%s: %s', qualified, name) as finding from own_policies where polcmd = 'w' and checked is null order by 1
