-- How often the workspace's passages changed.
select r.revision, r.removals from romashka.knowledge_revision($workspace::uuid) as r
